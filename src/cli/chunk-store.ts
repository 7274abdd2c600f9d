import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CHUNKERS } from '../format/chunkers/profile.ts';
import { collectStore, scrubStore } from '../node/large/care.ts';
import { initOwnChunks } from '../node/large/open-large.ts';
import { sizeText } from '../node/large/size.ts';
import { withExamples } from './command.ts';
import type { Environment } from './environment.ts';
import { type LargeOptions, type LargeTask, large, withLarge } from './large.ts';
import { type Faults, faultJson, faultText, missingOf } from './large-faults.ts';
import { columns, EXIT_FINDINGS, plain, print } from './output.ts';
import { showProgress } from './progress.ts';
import { storeCopiesCommand } from './store-copies.ts';
import { Transfer } from './transfer.ts';

interface ScrubOptions extends LargeOptions {
  readonly rate: string;
}

export function storeCommands(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const group = program
    .command('store')
    .description('where large things lie: how full it is, what may go, what is rotten');
  const init = group
    .command('init')
    .description('make a chunk store of its own, such as on a stick; --store names it to other commands')
    .argument('<file>', 'the file to be made')
    .option('--json', 'print JSON');
  withExamples(init, ['store init /media/stick/chunks.db']);
  init.action((file: string, options: { readonly json?: boolean }) => {
    const path = resolve(file);
    const isNew = initOwnChunks(path, CHUNKERS);
    print({ path, isNew }, options.json === true, () => `${path}: ${isNew ? 'made' : 'is a chunk store already'}`);
  });
  const stat = group.command('stat').description('say how much there is, and how much it takes');
  large(stat, environment, ['store stat', 'store stat --store /media/stick/chunks.db --json']);
  stat.action((options: LargeOptions) =>
    withLarge(options, environment, async ({ store }) => {
      const found = store.stat();
      print({ ...found }, options.json === true, () => columns(statRows(found)));
    }),
  );
  const gc = group
    .command('gc')
    .description('free what hangs on no name any more; one that is stopped goes on the next time')
    .option('--dry-run', 'only say what would go');
  large(gc, environment, ['store gc --dry-run', 'store gc']);
  gc.action((options: LargeOptions & { readonly dryRun?: boolean }) =>
    withLarge(options, environment, (task) => collectNow(task, options, setExitCode)),
  );
  const scrub = group
    .command('scrub')
    .description(
      'read everything again, put what is rotten aside, and say what it belonged to; exit code 3 when there was any',
    )
    .option('--rate <size>', 'bytes a second at most, such as 20MB', '1GB');
  large(scrub, environment, ['store scrub', 'store scrub --rate 10MB']);
  scrub.action((options: ScrubOptions) =>
    withLarge(options, environment, (task) => scrubNow(task, options, setExitCode)),
  );
  storeCopiesCommand(group, environment);
}

interface ScrubOptions extends LargeOptions {
  readonly rate: string;
}

async function scrubNow(task: LargeTask, options: ScrubOptions, setExitCode: (code: number) => void): Promise<void> {
  const { store, signal } = task;
  const shown = new Transfer('scrub', 0, options.json === true);
  const found = await scrubStore(store, options.rate, signal, (bytes) => shown.update(bytes)).finally(() =>
    shown.end(),
  );
  // What an earlier read found rotten, and nobody has put again, is missing no less.
  const isSound = found.rotten === 0 && store.stat().quarantined === 0;
  const { faults, faultCount }: Faults = isSound ? { faults: [], faultCount: 0 } : await missingOf(task);
  print({ ...found, faultCount, faults: faults.map(faultJson) }, options.json === true, () => {
    const read = `${found.chunks} chunks read, ${sizeText(found.bytes)}`;
    if (isSound) return `${read}: sound`;
    const line = `${read}: ${found.rotten} rotten, ${faultCount} missing under names; put what they belong to again`;
    return [...faults.map(faultText), line].join('\n');
  });
  if (found.rotten > 0 || faultCount > 0) setExitCode(EXIT_FINDINGS);
}

async function collectNow(
  { store, signal }: LargeTask,
  options: LargeOptions & { readonly dryRun?: boolean },
  setExitCode: (code: number) => void,
): Promise<void> {
  const isDryRun = options.dryRun === true;
  const done = await collectStore(store, isDryRun, signal, ({ phase, done, total }) =>
    showProgress(phase, done, total),
  );
  const { faults, swept, ...rest } = done;
  print({ ...rest, isDryRun, swept: { ...swept }, faults: faults.map(faultJson) }, options.json === true, () => {
    const what = Object.entries(swept).map(([name, count]) => `${name} ${count}`);
    const line = `${isDryRun ? 'would go' : 'gone'}: ${what.join(', ')}; the file is ${sizeText(rest.fileBytes)} smaller`;
    const held = 'something that leads on to more cannot be read, so nothing went';
    return [...faults.map(faultText), rest.isSwept ? line : held].join('\n');
  });
  if (rest.faultCount > 0) setExitCode(EXIT_FINDINGS);
}

function statRows(found: ReturnType<LargeTask['store']['stat']>): readonly (readonly string[])[] {
  const quota = found.quotaBytes === null ? 'no quota' : `of ${sizeText(found.quotaBytes)}`;
  return [
    ['file', plain(found.path)],
    ['chunks', `${found.chunks}, ${sizeText(found.rawBytes)}`],
    ['packs', `${found.packs}, ${sizeText(found.storedBytes)} ${quota}`],
    ['on disk', `${sizeText(found.fileBytes)}, ${sizeText(found.spareBytes)} of it spare`],
    ['disk', `${sizeText(found.freeBytes)} free, ${sizeText(found.freeBytesMin)} stay free`],
    ['names', String(found.roots)],
    ['at work', `${found.leases}${found.isCollecting ? ', a collection has not ended' : ''}`],
    ['rotten', String(found.quarantined)],
  ];
}
