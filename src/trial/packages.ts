/**
 * Debian packages as private programs: downloaded by apt, which checks their signatures, and unpacked into a folder of
 * ours; never installed. An installed server package starts a service, now or at the next boot, adds users and leaves
 * configuration behind, and an ordinary user could not install it at all. A folder can simply be deleted again.
 *
 * What the machine has anyway is used as it is.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage, PermanentError } from '../errors.ts';

export interface DebianProgram {
  /** Where Debian puts it, such as `/usr/sbin/dovecot`. */
  path: string;
  packages: string[];
  /** What else must be there for the machine's own to do. */
  alsoNeeds?: string[];
  /** Makes a private copy work where it was not built to lie; called once, before anybody sees the copy. */
  relocate?(root: string): void;
}

export interface FoundProgram {
  /** What stands before each of the package's paths: `''` when the machine has it, else the private folder. */
  root: string;
  path: string;
  /** What LD_LIBRARY_PATH must name for it; empty when the machine has it. */
  libraryFolders: string[];
}

/** Under root apt would download as its own user, who cannot write here; and without a network it should say so soon. */
const APT_SETTINGS = ['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=1'];

const run = promisify(execFile);

/** Finds `program`, or downloads it to below `directory` (once; some seconds). */
export async function findProgram(program: DebianProgram, directory: string): Promise<FoundProgram> {
  if ([program.path, ...(program.alsoNeeds ?? [])].every((path) => existsSync(path)))
    return { root: '', path: program.path, libraryFolders: [] };
  const root = join(directory, basename(program.path));
  if (!existsSync(join(root, program.path))) await download(program, directory, root);
  return { root, path: join(root, program.path), libraryFolders: libraryFolders(root) };
}

async function download(program: DebianProgram, directory: string, root: string): Promise<void> {
  for (const tool of ['/usr/bin/apt-get', '/usr/bin/dpkg-deb']) {
    if (!existsSync(tool)) throw missing(program, `there is no ${tool} here to fetch it with`);
  }
  mkdirSync(directory, { recursive: true });
  const work = mkdtempSync(join(directory, 'unfinished-'));
  try {
    await downloadArchives(program.packages, work).catch(async () => {
      // No package lists (a bare container), or lists so old that they name files which are gone: get our own.
      const ownLists = ownListOptions(work);
      await run('apt-get', [...ownLists, ...APT_SETTINGS, 'update'], { maxBuffer: 1 << 26 });
      await downloadArchives(program.packages, work, ownLists);
    });
    const unpacked = join(work, 'root');
    const archives = readdirSync(work).filter((file) => file.endsWith('.deb'));
    for (const archive of archives) await run('dpkg-deb', ['-x', join(work, archive), unpacked]);
    program.relocate?.(unpacked);
    if (!existsSync(join(root, program.path))) rmSync(root, { recursive: true, force: true });
    renameSync(unpacked, root);
  } catch (error) {
    // Another process was faster: theirs is as good, and perhaps in use already.
    if (!existsSync(join(root, program.path))) throw missing(program, errorMessage(error), error);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function downloadArchives(packages: string[], directory: string, options: string[] = []): Promise<void> {
  const simulate = ['--simulate', '--no-install-recommends', 'install', ...packages];
  const { stdout } = await run('apt-get', [...options, ...simulate], { maxBuffer: 1 << 26 });
  // `Inst name (version …)` is not on this machine yet; `Inst name [installed] (newer …)` is, and ours will do with it.
  const lacking = [...stdout.matchAll(/^Inst (\S+) \(/gm)].map(([, name = '']) => name);
  // Of what it depends on, only libraries: the rest serves the installation itself.
  const libraries = lacking.filter((name) => name.startsWith('lib') && !packages.includes(name));
  await run('apt-get', [...options, ...APT_SETTINGS, 'download', ...packages, ...libraries], {
    cwd: directory,
    maxBuffer: 1 << 26,
  });
}

function ownListOptions(work: string): string[] {
  const state = join(work, 'apt-state');
  const cache = join(work, 'apt-cache');
  mkdirSync(join(state, 'lists/partial'), { recursive: true });
  mkdirSync(join(cache, 'archives/partial'), { recursive: true });
  const settings = [`Dir::State=${state}`, 'Dir::State::status=/var/lib/dpkg/status', `Dir::Cache=${cache}`];
  return settings.flatMap((setting) => ['-o', setting]);
}

function libraryFolders(root: string): string[] {
  return ['lib', 'usr/lib'].flatMap((folder) => {
    const path = join(root, folder);
    const names = existsSync(path) ? readdirSync(path) : [];
    return names.filter((name) => name.endsWith('-linux-gnu')).map((name) => join(path, name));
  });
}

function missing(program: DebianProgram, why: string, cause?: unknown): PermanentError {
  return new PermanentError(
    'TRIAL_PROGRAM_MISSING',
    `${program.path} is missing, and ${why}. On Debian: apt-get install ${program.packages.join(' ')}`,
    { cause },
  );
}
