import { createAssignTickets } from '../../src/desk/assign-tickets.ts';
import { createEscalateTicket } from '../../src/desk/escalate-ticket.ts';
import { silentLog } from '../../src/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createAssignmentWorker } from '../../src/workers/assignment.ts';
import { createCurrentDesk } from '../../src/workers/current-desk.ts';
import { createSlaWorker } from '../../src/workers/sla.ts';
import { assignDependencies } from './intake.ts';

/** A process that assigns and looks at the clocks once: what a test kills at a crash point. */
const [databaseUrl = '', holder = ''] = process.argv.slice(2);
const db = openDatabase(databaseUrl);
const desk = createCurrentDesk(db);
await createAssignmentWorker({
  db,
  holder,
  assign: createAssignTickets(assignDependencies(db, desk)),
  log: silentLog,
}).drain();
await createSlaWorker({ db, escalate: createEscalateTicket(assignDependencies(db, desk)), log: silentLog }).drain();
await db.destroy();
