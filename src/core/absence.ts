import type { Id } from './ticket.ts';

/** What somebody says about an agent being there. */
export type AbsenceChange =
  | {
      is: 'away';
      agentId: Id;
      /** Null: from now on. */
      from: Date | null;
      /** Null: until they are back. */
      until: Date | null;
    }
  | {
      is: 'back';
      agentId: Id;
      /** What has not begun yet is taken back as well. */
      planned: boolean;
    };
