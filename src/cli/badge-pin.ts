import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { WHICH, WHO } from './argument-help.ts';
import { askNewSecret, secretIn } from './ask.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';

interface PinOptions extends CommonOptions {
  readonly pinFile?: string;
  readonly remove?: boolean;
}

export function badgePin(badge: Command, environment: Environment): void {
  const pin = badge
    .command('pin')
    .description('set the PIN that goes with a badge at doors that ask for one')
    .argument('<member>', WHO)
    .argument('[badge]', WHICH)
    .option('--pin-file <path>', 'take the PIN from the first line of this file instead of asking for it')
    .option('--remove', 'take the PIN away');
  common(pin, environment, ['badge pin "Ada Lovelace"', 'badge pin "Ada Lovelace" blue', 'badge pin Ada --remove']);
  pin.action(async (member: string, which: string | undefined, options: PinOptions) => {
    // An argument would stand in the shell's history and in the list of processes.
    const digits = options.remove === true ? null : await newPin(options.pinFile);
    const params = { member, pin: digits, ...(which !== undefined && { badge: which }) };
    const result = await withSession(options, environment, (session) => session.call('badge.pin', params));
    const { name, badge: id, pin: has } = result as JsonObject;
    const text = () => `badge ${id} of ${plain(String(name))} has ${has === true ? 'a new' : 'no'} PIN`;
    print(result, options.json === true, text);
  });
}

/** @throws pin_needed (no terminal to ask on), pin_differs, pin_unreadable. */
async function newPin(file: string | undefined): Promise<string> {
  if (file !== undefined) return checked(secretIn(file));
  if (!process.stdin.isTTY) {
    throw new CodedError('pin_needed', 'there is no terminal to ask for a PIN', { advice: 'Use --pin-file.' });
  }
  const advice = 'Type it again, twice the same.';
  const differs = new CodedError('pin_differs', 'the two PINs differ; nothing was changed', { advice });
  return await askNewSecret('PIN, 4 to 12 digits: ', checked, differs);
}

function checked(pin: string): string {
  if (/^[0-9]{4,12}$/.test(pin)) return pin;
  throw new CodedError('pin_unreadable', 'a PIN is 4 to 12 digits', { advice: 'Use digits alone, without spaces.' });
}
