import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CodedError } from '../base/errors.ts';
import { readText } from '../store/files.ts';

const PASSPHRASE_CHARS_MIN = 8;

export interface PassphraseWanted {
  /** What it opens, as words. */
  readonly what: string;
  /** What to do where there is no terminal. */
  readonly advice: string;
}

/**
 * A new passphrase: from a file (its first line), or asked for twice on the terminal, unseen.
 * @throws passphrase_needed (no terminal to ask on), passphrase_short, passphrase_differs.
 */
export async function newPassphrase(file: string | undefined, wanted: PassphraseWanted): Promise<string> {
  if (file !== undefined) return checked(firstLine(file));
  refuseWithoutTerminal(wanted);
  const first = checked(await ask(`Passphrase for ${wanted.what}: `));
  if ((await ask('The same again: ')) !== first) {
    throw new CodedError('passphrase_differs', 'the two passphrases differ; nothing was made');
  }
  return first;
}

/** A passphrase that was chosen earlier. @throws passphrase_needed. */
export async function knownPassphrase(file: string | undefined, wanted: PassphraseWanted): Promise<string> {
  if (file !== undefined) return firstLine(file);
  refuseWithoutTerminal(wanted);
  return await ask(`Passphrase of ${wanted.what}: `);
}

function refuseWithoutTerminal({ advice }: PassphraseWanted): void {
  if (process.stdin.isTTY) return;
  throw new CodedError('passphrase_needed', 'there is no terminal to ask for a passphrase', { advice });
}

function firstLine(file: string): string {
  return readText(file).split(/\r?\n/)[0] ?? '';
}

function checked(passphrase: string): string {
  if ([...passphrase].length < PASSPHRASE_CHARS_MIN) {
    throw new CodedError('passphrase_short', `a passphrase has at least ${PASSPHRASE_CHARS_MIN} characters`);
  }
  return passphrase;
}

async function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
