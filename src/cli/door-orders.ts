import type { Command } from 'commander';
import type { Json, JsonObject } from '../base/json.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';

/** What a person orders a door to do, or not to do, now. */

interface ReasonOptions extends CommonOptions {
  readonly reason: string;
}

interface LockdownOptions extends ReasonOptions {
  readonly end?: boolean;
}

const REASON_DEFAULT = 'no reason given';

export function doorOrders(door: Command, environment: Environment): void {
  disableCommands(door, environment);
  lockdownCommand(door, environment);
  openCommand(door, environment);
}

function disableCommands(door: Command, environment: Environment): void {
  const disable = door
    .command('disable')
    .description('keep one door shut for everybody, break-glass cards too, until it is enabled')
    .argument('<name>', 'name of the door')
    .option('--reason <text>', 'why, for those who read the log', REASON_DEFAULT);
  common(disable, environment, ['door disable shop --reason "the lathe is on fire"']);
  disable.action(async (name: string, options: ReasonOptions) => {
    const result = await call(environment, options, 'door.disable', { door: name, reason: options.reason });
    print(result, options.json === true, () => `door ${plain(name)} is disabled: ${plain(options.reason)}`);
  });

  const enable = door
    .command('enable')
    .description('lift everything that disables a door, each by the entry that said it')
    .argument('<name>', 'name of the door');
  common(enable, environment, ['door enable shop']).action(async (name: string, options: CommonOptions) => {
    const result = await call(environment, options, 'door.enable', { door: name });
    print(result, options.json === true, () => `door ${plain(name)} is enabled again; ${lifted(result)}`);
  });
}

function lockdownCommand(door: Command, environment: Environment): void {
  const lockdown = door
    .command('lockdown')
    .description(
      'keep all doors of the space shut for everybody, or one that is named, break-glass cards too, until --end',
    )
    .argument('[name]', 'only this door')
    .option('--reason <text>', 'why, for those who read the log', REASON_DEFAULT)
    .option('--end', 'lift it');
  common(lockdown, environment, ['door lockdown --reason "gas alarm"', 'door lockdown --end', 'door lockdown shop']);
  lockdown.action(async (name: string | undefined, options: LockdownOptions) => {
    const { reason, end } = options;
    const one = name === undefined ? {} : { door: name };
    const where = name === undefined ? 'the space' : `door ${plain(name)}`;
    if (end === true) {
      const result = await call(environment, options, name === undefined ? 'lockdown.end' : 'door.enable', one);
      print(result, options.json === true, () => `the lockdown of ${where} is over; ${lifted(result)}`);
      return;
    }
    const result = await call(environment, options, name === undefined ? 'lockdown' : 'door.disable', {
      ...one,
      reason,
    });
    print(result, options.json === true, () => `${where} is locked down: ${plain(reason)}`);
  });
}

function openCommand(door: Command, environment: Environment): void {
  const open = door
    .command('open')
    .description('open a door once, from here (needs a running node); refused while it is locked down or disabled')
    .argument('<name>', 'name of the door');
  common(open, environment, ['door open front-door']).action(async (name: string, options: CommonOptions) => {
    const result = (await call(environment, options, 'door.open', { door: name })) as JsonObject;
    print(result, options.json === true, () =>
      result.fault === undefined
        ? `door ${plain(name)} opens, pulse ${plain(String(result.pulse))}`
        : `door ${plain(name)}: the output did not move: ${plain(String(result.fault))}`,
    );
  });
}

function call(environment: Environment, options: CommonOptions, method: string, params: JsonObject): Promise<Json> {
  return withSession(options, environment, (session) => session.call(method, params));
}

function lifted(result: Json): string {
  const { lifted: all } = result as unknown as { readonly lifted: readonly JsonObject[] };
  return `lifted: ${all.map(({ reason }) => plain(String(reason))).join('; ')}`;
}
