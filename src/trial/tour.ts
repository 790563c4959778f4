/**
 * The tour: a story is played through a throw-away installation, once for each kind of mail provider. Real SMTP, real IMAP. Every mail
 * is printed as it left and as it arrived, every step is checked from outside (by what the command line says and what lies in
 * people's mailboxes), and the tour succeeds only if all of it was seen.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorMessage, PermanentError } from '../errors.ts';
import { type Installation, startInstallation } from './installation.ts';
import { ensureDatabase, startPrivatePostgres } from './postgres.ts';
import type { ProviderName } from './providers.ts';
import { createStage } from './tour/stage.ts';
import { playStory } from './tour/story.ts';
import { letWeekPass } from './tour/week.ts';

export interface TourOptions {
  providers: readonly ProviderName[];
  say(text: string): void;
  signal: AbortSignal;
}

/** 0 when every check held. */
export async function playTour({ providers, say, signal }: TourOptions): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'docket-tour-'));
  const startedAt = Date.now();
  try {
    // One server for all of them: each has a database of its own.
    const postgres = await startPrivatePostgres({ directory: join(directory, 'postgres'), durable: false });
    try {
      const outcomes = await playInOrder(providers, say, async (provider, sayHere) => {
        const databaseUrl = await ensureDatabase(postgres, `docket_${provider.replaceAll('-', '_')}`);
        return playAt(provider, { directory: join(directory, provider), databaseUrl, say: sayHere, signal });
      });
      const failures = outcomes.reduce((sum, one) => sum + one, 0);
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      say(failures === 0 ? `\nAll of it was seen, in ${seconds} s.` : `\n${failures} of the checks did not hold.`);
      return failures === 0 ? 0 : 1;
    } finally {
      await postgres.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** More of them at once would only wait for each other's work. */
const AT_ONCE = 2;

/** Plays some at the same time, and lets each speak when those before it have said all. */
async function playInOrder(
  providers: readonly ProviderName[],
  say: (text: string) => void,
  play: (provider: ProviderName, say: (text: string) => void) => Promise<number>,
): Promise<number[]> {
  const outcomes: Promise<number>[] = [];
  const finished: Promise<unknown>[] = [];
  for (const [index, provider] of providers.entries()) {
    const heldBack: string[] = [];
    const before = finished[index - 1];
    let speaks = before === undefined;
    const outcome = (async () => {
      await finished[index - AT_ONCE];
      return play(provider, (text) => (speaks ? say(text) : heldBack.push(text)));
    })();
    outcomes.push(outcome);
    finished.push(
      (async () => {
        await before;
        speaks = true;
        for (const text of heldBack.splice(0)) say(text);
        await outcome.catch(() => undefined);
      })(),
    );
  }
  const results = await Promise.allSettled(outcomes);
  await Promise.all(finished);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

interface Place {
  directory: string;
  databaseUrl: string;
  say(text: string): void;
  signal: AbortSignal;
}

/** Returns how many checks did not hold. */
async function playAt(provider: ProviderName, { directory, databaseUrl, say, signal }: Place): Promise<number> {
  say(`\n${'='.repeat(100)}\nAt a provider like ${provider}: starting a throw-away Docket ...`);
  let installation: Installation | null = null;
  try {
    installation = await startInstallation({
      dataDirectory: directory,
      environment: { ...environmentOfTour(), DATABASE_URL: databaseUrl },
      provider,
      usualPorts: { http: 0, imap: 0, smtp: 0 },
      signal,
      say,
    });
    const { mailWorld: world, environment, logFile } = installation;
    if (world === null) throw new PermanentError('TRIAL_TOUR', 'the tour needs the mail world');
    const stage = createStage({ world, environment, say, signal });
    let failures = await playStory(stage, () => letWeekPass(databaseUrl)).then(
      () => 0,
      (error: unknown) => {
        signal.throwIfAborted();
        say(`  NOT ${errorMessage(error)}`);
        return 1;
      },
    );
    failures += stage.failureCount();
    await stage.leave();
    if (failures > 0) say(`What Docket logged:\n${readFileSync(logFile, 'utf8')}`);
    return failures;
  } finally {
    await installation?.stop();
  }
}

/** A throw-away installation takes nothing from the person's own settings, their database above all. */
function environmentOfTour(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR, TZ } = process.env;
  return { PATH, HOME, LANG, TMPDIR, TZ, POLL_SECONDS: '5', SWEEP_SECONDS: '1', PARSE_WORKERS: '1' };
}
