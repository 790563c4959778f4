import { playAfterwards } from './afterwards.ts';
import { playFirstAnswer } from './first-answer.ts';
import { playIntake } from './intake.ts';
import { playNothingInternal } from './nothing-internal.ts';
import { playSolution } from './solution.ts';
import type { Stage } from './stage.ts';

/**
 * Karen cannot sign in to mobile banking and writes to the desk. John sees that everybody is affected, Jane solves it, Karen
 * thanks, and a week later she asks anew: from intake to resolution and on, by nothing but mail.
 */
export async function playStory(stage: Stage, letWeekPass: () => Promise<void>): Promise<void> {
  const intake = await playIntake(stage);
  const notification = await playFirstAnswer(stage, intake);
  const solution = await playSolution(stage, intake.ticketNumber, notification);
  await playAfterwards(stage, intake.ticketNumber, solution, letWeekPass);
  await playNothingInternal(stage);
}
