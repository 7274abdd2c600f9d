import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { Names } from './names.ts';
import { print } from './output.ts';
import { everyPage } from './pages.ts';
import { instantsOf, lastsOf, type Status, statusText } from './status-text.ts';

export function statusCommand(program: Command, environment: Environment): void {
  const command = program
    .command('status')
    .description('how the space and its node are: clock, disk, what keeps doors shut, each reader’s last badge');
  common(command, environment, ['status', 'status --json']);
  command.action((options: CommonOptions) =>
    withSession(options, environment, async (session) => {
      const space = (await session.call('space.show', {})) as JsonObject;
      const backup = (await session.call('backup.state', {})) as JsonObject;
      const running = session.isNodeRunning ? ((await session.call('node.status', {})) as JsonObject) : null;
      const doors = await everyPage(session, 'door.overview', 'doors', 'door');
      const { lockdown = [] } = (await session.call('zone.show', {})) as JsonObject;
      const status: Status = { ...space, backup, lockdown, doors, running };
      const clock = new SpaceClock(session);
      const names = new Names(session);
      if (options.json !== true) {
        await clock.know(...instantsOf(status));
        await names.know(lastsOf(status));
      }
      print(status, options.json === true, () => statusText(status, clock, names));
    }),
  );
}
