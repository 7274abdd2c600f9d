import { CodedError } from '../base/errors.ts';
import { askNewSecret, askSecret, secretIn } from './ask.ts';

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
  if (file !== undefined) return checked(secretIn(file));
  refuseWithoutTerminal(wanted);
  const advice = 'Type it again, twice the same.';
  const differs = new CodedError('passphrase_differs', 'the two passphrases differ; nothing was made', { advice });
  return await askNewSecret(`Passphrase for ${wanted.what}: `, checked, differs);
}

/** A passphrase that was chosen earlier. @throws passphrase_needed. */
export async function knownPassphrase(file: string | undefined, wanted: PassphraseWanted): Promise<string> {
  if (file !== undefined) return secretIn(file);
  refuseWithoutTerminal(wanted);
  return await askSecret(`Passphrase of ${wanted.what}: `);
}

function refuseWithoutTerminal({ advice }: PassphraseWanted): void {
  if (process.stdin.isTTY) return;
  throw new CodedError('passphrase_needed', 'there is no terminal to ask for a passphrase', { advice });
}

function checked(passphrase: string): string {
  if ([...passphrase].length < PASSPHRASE_CHARS_MIN) {
    throw new CodedError('passphrase_short', `a passphrase has at least ${PASSPHRASE_CHARS_MIN} characters`, {
      advice: 'Choose a longer one: several words are easy to keep in mind.',
    });
  }
  return passphrase;
}
