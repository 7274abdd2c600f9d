import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { CodedError } from '../base/errors.ts';
import { readText } from '../store/files.ts';

/** A secret in the first line of a file. @throws file_missing, file_unreadable. */
export function secretIn(file: string): string {
  return readText(file).split(/\r?\n/)[0] ?? '';
}

/** Asks on the terminal for a secret, which is not shown. Only where standard input is a terminal. */
export async function askSecret(question: string): Promise<string> {
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

/** A new secret, asked for twice, and the second time only when it is one. @throws what `checked` throws; `differs`. */
export async function askNewSecret(
  question: string,
  checked: (secret: string) => string,
  differs: CodedError,
): Promise<string> {
  const first = checked(await askSecret(question));
  if ((await askSecret('The same again: ')) !== first) throw differs;
  return first;
}
