import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { CONTROL_CALL_MS_MAX, ENROL_WAIT_MS_MAX } from '../base/limits.ts';
import { NUMBER, WHO } from './argument-help.ts';
import { type CommonOptions, common, wholeNumber, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { narrowCardText } from './narrow-card-text.ts';
import { plain, print } from './output.ts';
import type { Session } from './session.ts';

interface EnrolOptions extends CommonOptions {
  readonly label: string;
  readonly next?: string;
  readonly last?: string;
  readonly wait: number;
}

export function badgeEnrol(badge: Command, environment: Environment): void {
  const enrol = badge
    .command('enrol')
    .description('give a member a badge: by its number, by tapping it, or the one a door has just denied')
    .argument('<member>', WHO)
    .argument('[number]', NUMBER)
    .option('--next <door>', 'the next card that is held to this door, which it then does not open')
    .option('--last <door>', 'the card that this door denied last because nobody knew it')
    .option('--wait <seconds>', 'with --next: how long to wait for the card', wholeNumber, 60)
    .option('--label <text>', 'what the member calls it', 'card');
  common(enrol, environment, [
    'badge enrol "Ada Lovelace" 0009362416',
    'badge enrol m-0a1b2c3d 008EDBF0 --label blue',
    'badge enrol "Ada Lovelace" --next front-door',
    'badge enrol "Ada Lovelace" --last front-door',
  ]);
  enrol.action(async (member: string, number: string | undefined, options: EnrolOptions) => {
    refuseUnclear(number, options);
    const result = await withSession(options, environment, (session) => enrolBy(session, member, number, options));
    const { badge: id, name } = result as JsonObject;
    print(
      result,
      options.json === true,
      () => `${plain(String(name))} has badge ${id}${narrowCardText(result as JsonObject)}`,
    );
  });
}

/** @throws card_unclear unless exactly one way of naming the card was chosen. */
function refuseUnclear(number: string | undefined, { next, last }: EnrolOptions): void {
  if ([number, next, last].filter((way) => way !== undefined).length === 1) return;
  throw new CodedError('card_unclear', 'which card is not said, or said in more than one way', {
    advice: 'Give a number, --next DOOR or --last DOOR, one of them.',
  });
}

async function enrolBy(session: Session, member: string, number: string | undefined, options: EnrolOptions) {
  const { label, next, last, wait } = options;
  if (number !== undefined) return await session.call('badge.enrol', { member, number, label });
  if (last !== undefined) return await session.call('badge.enrol-last', { member, door: last, label });
  const waitMs = wait * 1_000;
  if (waitMs < 1 || waitMs > ENROL_WAIT_MS_MAX) {
    throw new CodedError('bad_wait', `nobody waits ${wait} seconds for a card`, {
      fields: { wait },
      advice: `--wait is 1 to ${ENROL_WAIT_MS_MAX / 1_000} seconds.`,
    });
  }
  const params = { member, door: next ?? '', label, waitMs };
  // The node needs a moment to listen; whoever is quicker taps again.
  process.stderr.write(`Hold the card to the reader of ${plain(next ?? '')} now (${wait} s; Ctrl-C to stop).\n`);
  return await session.call('badge.next', params, waitMs + CONTROL_CALL_MS_MAX);
}
