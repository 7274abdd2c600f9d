import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { CONTROL_CALL_MS_MAX, LOG_ROWS_MAX } from '../base/limits.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, collect, common, wholeNumber, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { LogPrinter } from './log-printer.ts';
import type { Session } from './session.ts';
import { parseTime, TIME_HELP } from './times.ts';

interface LogOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly last?: number;
  readonly since?: string;
  readonly until?: string;
  readonly door?: string;
  readonly member?: string;
  readonly kind?: readonly string[];
}

interface Page {
  readonly rows: readonly JsonObject[];
  /** Goes on after the page. */
  readonly cursor: JsonObject;
  /** Goes on before it. */
  readonly back: JsonObject;
  readonly more: boolean;
}

const LAST_DEFAULT = 50;

export function logCommand(program: Command, environment: Environment): void {
  const command = program
    .command('log')
    .description('what happened, oldest first: every entry, who wrote it, and what became of it')
    .option('--last <n>', `how many entries to go back (${LAST_DEFAULT}, or all of them with --since)`, wholeNumber)
    .option('--since <time>', `from this time on. ${TIME_HELP}`)
    .option('--until <time>', 'up to this time, which is not included')
    .option('--door <name>', 'only what is about this door')
    .option('--member <name>', 'only what is about this member, by name or id')
    .option('--kind <kind>', 'only entries of this kind, such as denied (repeat for more)', collect)
    .option('-f, --follow', 'go on with what happens from now on (needs a running node)');
  command.addHelpText(
    'after',
    '\nEach line: when, who wrote it, dapp and kind of entry, what it says. A ? behind the time: the clock of that board was\nnot known to be right. What was refused or waits says so in brackets at the end.',
  );
  common(command, environment, [
    'log',
    'log --since "today 8:00" --door front-door',
    'log --member "Ada Lovelace" --kind denied --kind granted',
    'log --last 10 --follow',
    'log --json',
  ]);
  command.action((options: LogOptions) =>
    withSession(options, environment, async (session) => {
      const printer = new LogPrinter(session, options.json === true);
      const picked = await pick(session, options);
      const cursor =
        options.since === undefined || options.last !== undefined
          ? await showLast(session, picked, options.last ?? LAST_DEFAULT, printer)
          : await showAll(session, picked, printer);
      if (printer.shown === 0 && options.json !== true) process.stdout.write('nothing of the kind in the log\n');
      if (options.follow === true) await follow(session, { ...picked, ...cursor }, printer);
    }),
  );
}

async function pick(session: Session, options: LogOptions): Promise<JsonObject> {
  const { since, until, door, member, kind } = options;
  const clock = new SpaceClock(session);
  const time = (text: string) => parseTime(text, clock, Date.now());
  return {
    ...(since === undefined ? {} : { sinceMs: await time(since) }),
    ...(until === undefined ? {} : { untilMs: await time(until) }),
    ...(door === undefined ? {} : { door }),
    ...(member === undefined ? {} : { member }),
    ...(kind === undefined ? {} : { kinds: kind }),
  };
}

/** From the first entry that is picked to the last. @returns where to go on. */
async function showAll(session: Session, picked: JsonObject, printer: LogPrinter): Promise<JsonObject> {
  for (let cursor: JsonObject = { position: 0 }; ; ) {
    const page = await read(session, { ...picked, ...cursor });
    await printer.show(page.rows);
    ({ cursor } = page);
    if (!page.more) return cursor;
  }
}

/** The last `count` that are picked. A page that is full of long bodies, or of entries not picked, is not the end. */
async function showLast(session: Session, picked: JsonObject, count: number, printer: LogPrinter): Promise<JsonObject> {
  const first = await read(session, { ...picked, last: count });
  const pages = [first];
  let left = count - first.rows.length;
  for (let page = first; page.more && left > 0; left -= page.rows.length) {
    page = await read(session, { ...picked, ...page.back, limit: Math.min(left, LOG_ROWS_MAX) });
    pages.push(page);
  }
  for (const { rows } of pages.reverse()) await printer.show(rows);
  return first.cursor;
}

/** Ends with the node, or by Ctrl-C. */
async function follow(session: Session, start: JsonObject, printer: LogPrinter): Promise<never> {
  for (let params = start; ; ) {
    const page = (await session.call('log.follow', params, 2 * CONTROL_CALL_MS_MAX)) as unknown as Page;
    await printer.show(page.rows);
    params = { ...params, ...page.cursor };
  }
}

async function read(session: Session, params: JsonObject): Promise<Page> {
  return (await session.call('log.read', params)) as unknown as Page;
}
