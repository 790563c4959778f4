import type { AgentEffect } from '../core/apply-mail.ts';
import type { ComposedEffect } from './mail-change.ts';
import { articleAdded, changeByMail, planArticle, settles } from './mail-rows.ts';
import { namePeople } from './named-people.ts';
import type { ReadMail, TakeInDependencies, TakeInFacts } from './read-mail.ts';

/** What an agent wrote with an agent's power becomes a note: it stays inside. */
export async function composeAgentMail(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: AgentEffect,
): Promise<ComposedEffect> {
  const { sender } = await namePeople(deps, read, facts, true, []);
  const article = await planArticle(
    deps,
    read,
    { kind: 'note', visibility: 'internal', state: 'accepted', marks: [], hasAuthor: true },
    sender,
  );
  return {
    outcome: 'change',
    disposition: 'appended',
    change: {
      ...changeByMail(read),
      actor: { kind: 'agent', personId: effect.personId },
      ticket: {
        action: 'update',
        id: effect.ticket.id,
        expectedVersion: effect.ticket.version,
        set: {},
        addTags: [],
        removeTags: [],
      },
      articles: [article],
      events: [articleAdded(article, effect)],
      settles: settles(read, effect, 'appended', article.id),
    },
  };
}
