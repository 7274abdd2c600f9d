import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { zoneRule } from '../node/system-zone.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';

export function zoneCommand(program: Command, environment: Environment): void {
  const command = program
    .command('zone')
    .description('show or set the time zone of the space, in which its schedules run and times are shown')
    .argument(
      '[rule]',
      'a POSIX TZ rule, such as CET-1CEST,M3.5.0,M10.5.0/3, or a zone that this system knows by name',
    );
  common(command, environment, ['zone', 'zone Europe/Berlin', 'zone "CET-1CEST,M3.5.0,M10.5.0/3"']);
  command.action(async (rule: string | undefined, options: CommonOptions) => {
    await withSession(options, environment, async (session) => {
      if (rule !== undefined) await session.call('zone.set', { zone: zoneRule(rule) });
      const { zone } = (await session.call('zone.show', {})) as JsonObject;
      const clock = new SpaceClock(session);
      await clock.know(Date.now());
      print(
        { zone: zone ?? null },
        options.json === true,
        () => `${plain(String(zone))}, now ${clock.text(Date.now())}`,
      );
    });
  });
}
