import { type Command, InvalidArgumentError } from 'commander';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { NUMBER } from './argument-help.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { isNarrow, narrowCardText } from './narrow-card-text.ts';
import { columns, plain, print } from './output.ts';

interface GlassOptions extends CommonOptions {
  readonly label?: string;
  readonly remove?: string;
}

/** `badge break-glass`: with a number it adds a card, with `--remove` it takes one away, alone it lists them. */
export function badgeGlass(badge: Command, environment: Environment): void {
  const glass = badge
    .command('break-glass')
    .description(
      'cards for emergencies: they open whatever clock, plans, hours and PINs say, but no door that is locked down or disabled',
    )
    .argument('[number]', NUMBER)
    .option('--label <id>', 'a name for a new card, such as safe-1; it is in the log of every use', label)
    .option('--remove <label>', 'take away the card of this name', label);
  common(glass, environment, [
    'badge break-glass 0009362416 --label safe-1',
    'badge break-glass --remove safe-1',
    'badge break-glass',
  ]);
  glass.action((number: string | undefined, options: GlassOptions) => runGlass(number, options, environment));
}

async function runGlass(number: string | undefined, options: GlassOptions, environment: Environment): Promise<void> {
  const { label: name, remove, json } = options;
  if (number !== undefined && name !== undefined && remove === undefined) {
    const params = { number, card: name, label: name };
    const result = await withSession(options, environment, (session) => session.call('glass.add', params));
    print(
      result,
      json === true,
      () =>
        `${plain(name)} is a break-glass card: keep it where it is safe and seen${narrowCardText(result as JsonObject)}`,
    );
    return;
  }
  if (number === undefined && name === undefined && remove !== undefined) {
    const result = await withSession(options, environment, (session) => session.call('glass.remove', { card: remove }));
    print(result, json === true, () => `${plain(remove)} opens nothing now`);
    return;
  }
  if (number === undefined && name === undefined) {
    const result = await withSession(options, environment, (session) => session.call('glass.list', {}));
    const cards = (result as JsonObject).cards as unknown as readonly JsonObject[];
    print(result, json === true, () => table(cards));
    return;
  }
  throw new CodedError('card_unclear', 'these do not go together', {
    advice: 'Give a number and --label to add a card, --remove alone to take one away, or nothing to list them.',
  });
}

function label(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 of A-Z a-z 0-9 . _ -');
}

function table(cards: readonly JsonObject[]): string {
  if (cards.length === 0) return 'no break-glass cards; add one with `blockmesh badge break-glass NUMBER --label NAME`';
  return columns(
    cards.map(({ card, label: called, bits }) => [
      plain(String(card)),
      called === card ? '' : plain(String(called)),
      isNarrow(bits) ? 'only for doors of 24 bits' : '',
    ]),
  );
}
