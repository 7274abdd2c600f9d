import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CodedError } from '../base/errors.ts';
import { readText } from '../store/files.ts';

const PASSPHRASE_CHARS_MIN = 8;

/**
 * A new passphrase: from a file (its first line), or asked for twice on the terminal, unseen.
 * @throws passphrase_needed (no terminal to ask on), passphrase_short, passphrase_differs.
 */
export async function newPassphrase(file: string | undefined): Promise<string> {
  if (file !== undefined) return checked(readText(file).split(/\r?\n/)[0] ?? '');
  if (!process.stdin.isTTY) {
    throw new CodedError('passphrase_needed', 'there is no terminal to ask for a passphrase', {
      advice: 'Use --passphrase-file, or --key-file to keep the founder’s key in a file of your own.',
    });
  }
  const first = checked(await ask('Passphrase for the founder’s key: '));
  if ((await ask('The same again: ')) !== first) {
    throw new CodedError('passphrase_differs', 'the two passphrases differ; nothing was made');
  }
  return first;
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
