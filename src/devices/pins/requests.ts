import { CodedError } from '../../base/errors.ts';
import { PINS_RECORDS_PAGE_MAX } from '../../base/limits.ts';
import type { Board } from './board.ts';
import { formatInput, formatOutput, formatRecord, isPinsName, type PinsKind, readNumber } from './protocol.ts';

/** Who asks, and of what. */
interface RequestContext {
  readonly board: Board;
  readonly epoch: string;
  readonly serial: number;
  watch(): void;
  /** Reads the options file and makes it hold. @throws CodedError */
  reload(): { readonly added: number; readonly removed: number };
}

/** The reply to one request; `isForm` when the request itself was malformed, which a client may not repeat for ever. */
interface Reply {
  readonly lines: readonly string[];
  readonly isForm: boolean;
}

type Run = (context: RequestContext, words: readonly string[]) => Reply;

interface Command {
  readonly form: string;
  readonly run: Run;
}

const WORDS_MAX = 4;
const ERROR_TEXT_BYTES_MAX = 200;

function say(...lines: readonly string[]): Reply {
  return { lines, isForm: false };
}

function refuseForm(code: 'bad_request' | 'unknown_command', text: string): Reply {
  return { lines: [`error ${code} ${text}`], isForm: true };
}

const UNKNOWN_OUTPUT = say('error unknown_output no output has this name');

function ask(context: RequestContext, kind: PinsKind, output: string, ms: number, id: string): Reply {
  const { board, serial } = context;
  const { outputs } = board;
  if (!outputs.has(output)) return UNKNOWN_OUTPUT;
  const answer = outputs.ask({ kind, output, ms, id, ownerSerial: serial });
  switch (answer) {
    case 'too_long':
      return say(`error too_long this output stays on for at most ${outputs.longestMs(output)} ms`);
    case 'id_reused':
      return say('error id_reused this id was given to a different request');
    case 'line_failed':
      return say('error line_failed the line could not be driven');
    default:
      return say(`ok ${kind} ${id} ${answer.seq} ${answer.onNs}`);
  }
}

const pulse: Run = (context, [, output = '', msText = '', id = '']) => {
  const ms = readNumber(msText) ?? 0;
  if (isPinsName(output) && ms >= 1 && isPinsName(id)) return ask(context, 'pulse', output, ms, id);
  return refuseForm('bad_request', 'expected: pulse OUTPUT MS ID');
};

const hold: Run = (context, [, output = '', id = '']) => {
  if (isPinsName(output) && isPinsName(id)) return ask(context, 'hold', output, 0, id);
  return refuseForm('bad_request', 'expected: hold OUTPUT ID');
};

const release: Run = ({ board: { outputs } }, [, output = '']) => {
  if (!isPinsName(output)) return refuseForm('bad_request', 'expected: release OUTPUT');
  if (!outputs.has(output)) return UNKNOWN_OUTPUT;
  if (outputs.release(output)) return say(`ok release ${output}`);
  return say('error line_failed the line could not be driven; it is tried again');
};

const hello: Run = ({ epoch }, [, version]) => {
  if (version !== '2') return say('error unknown_version this is version 2');
  return say(`ok hello 2 ${epoch} ${process.hrtime.bigint()}`);
};

const list: Run = ({ board: { outputs } }) => {
  const all = outputs.list();
  return say(...all.map(formatOutput), `ok list ${all.length}`);
};

const records: Run = ({ board: { outputs } }, [, sinceText = '']) => {
  const since = readNumber(sinceText);
  if (since === undefined) return refuseForm('bad_request', 'expected: records SINCE_SEQ');
  const page = outputs.records(since, PINS_RECORDS_PAGE_MAX);
  return say(...page.map(formatRecord), `ok records ${page.length}`);
};

const watch: Run = (context) => {
  context.watch();
  return say('ok watch');
};

const inputs: Run = ({ board }) => {
  const all = board.inputs.list();
  return say(...all.map(formatInput), `ok inputs ${all.length}`);
};

const reload: Run = (context) => {
  try {
    const { added, removed } = context.reload();
    return say(`ok reload ${added} ${removed}`);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const text = error.message.replace(/[^ -~]/g, '?').slice(0, ERROR_TEXT_BYTES_MAX);
    return say(`error ${error.code === 'bad_pins_option' ? 'bad_options' : error.code} ${text}`);
  }
};

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['pulse', { form: 'pulse OUTPUT MS ID', run: pulse }],
  ['hold', { form: 'hold OUTPUT ID', run: hold }],
  ['release', { form: 'release OUTPUT', run: release }],
  ['hello', { form: 'hello VERSION', run: hello }],
  ['list', { form: 'list', run: list }],
  ['records', { form: 'records SINCE_SEQ', run: records }],
  ['watch', { form: 'watch', run: watch }],
  ['inputs', { form: 'inputs', run: inputs }],
  ['reload', { form: 'reload', run: reload }],
]);

/** Answers one line, given without its LF as one character a byte. */
export function answerRequest(context: RequestContext, line: string): Reply {
  const words = line.split(' ');
  if (!/^[ -~]+$/.test(line) || words.length > WORDS_MAX || words.includes('')) {
    return refuseForm('bad_request', 'expected 1 to 4 words of printable ASCII, one space apart');
  }
  const command = COMMANDS.get(words[0] ?? '');
  if (command === undefined) {
    return refuseForm('unknown_command', 'known: hello pulse hold release list records watch inputs reload');
  }
  if (words.length !== command.form.split(' ').length) return refuseForm('bad_request', `expected: ${command.form}`);
  return command.run(context, words);
}
