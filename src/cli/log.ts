import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { CONTROL_CALL_MS_MAX } from '../base/limits.ts';
import { type CommonOptions, common, wholeNumber, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { describeBody } from './facts.ts';
import { jsonText, plain, timeText } from './output.ts';
import type { Session } from './session.ts';

interface LogOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly last: number;
}

interface Page {
  readonly rows: readonly JsonObject[];
  readonly cursor: JsonObject;
}

export function logCommand(program: Command, environment: Environment): void {
  const command = program
    .command('log')
    .description('what happened, oldest first: every entry, who wrote it, and what became of it')
    .option('--last <n>', 'how many entries to go back', wholeNumber, 50)
    .option('-f, --follow', 'go on with what happens from now on (needs a running node)');
  common(command, environment, ['log', 'log --last 10 --follow', 'log --json']);
  command.action((options: LogOptions) =>
    withSession(options, environment, async (session) => {
      const page = await read(session, { last: options.last });
      show(page, options);
      if (options.follow) await follow(session, page.cursor, options);
    }),
  );
}

async function read(session: Session, params: JsonObject): Promise<Page> {
  return (await session.call('log.read', params)) as unknown as Page;
}

/** Ends with the node, or by Ctrl-C. */
async function follow(session: Session, start: JsonObject, options: LogOptions): Promise<never> {
  for (let cursor = start; ; ) {
    const page = (await session.call('log.follow', cursor, 2 * CONTROL_CALL_MS_MAX)) as unknown as Page;
    show(page, options);
    cursor = page.cursor;
  }
}

function show(page: Page, options: LogOptions): void {
  for (const row of page.rows) process.stdout.write(`${options.json ? jsonText(row) : describe(row)}\n`);
}

function describe(row: JsonObject): string {
  const { time, clock, author, dapp, kind, body, outcome } = row;
  const { status, code } = outcome as { status: string; code?: string };
  const mark = status === 'ok' ? '' : ` [${status}: ${plain(String(code))}]`;
  const when = `${timeText(Number(time))}${clock === 'unknown' ? '?' : ' '}`;
  return `${when} ${plain(String(author))}  ${dapp} ${kind}  ${describeBody(String(kind), body as JsonObject)}${mark}`;
}
