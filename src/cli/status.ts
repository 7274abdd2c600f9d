import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print, timeText } from './output.ts';

export function statusCommand(program: Command, environment: Environment): void {
  const command = program.command('status').description('how the space and its node are');
  common(command, environment, ['status', 'status --json']);
  command.action(async (options: CommonOptions) => {
    const result = await withSession(options, environment, async (session): Promise<JsonObject> => {
      const space = (await session.call('space.show', {})) as JsonObject;
      const backup = (await session.call('backup.state', {})) as JsonObject;
      const node = session.isNodeRunning ? ((await session.call('node.status', {})) as JsonObject) : null;
      return { ...space, backup, running: node };
    });
    print(result, options.json === true, () => describe(result));
  });
}

function describe(status: JsonObject): string {
  const text = (value: unknown) => plain(String(value));
  const running = status.running as JsonObject | null;
  const waiting = Number(status.waiting);
  const lines = [
    `space    ${text(status.name)} (${text(status.mesh)})`,
    `ledger   ${text(status.blocks)} blocks, ${text(status.entries)} entries played`,
    `clock    ${text(status.clock)}`,
    ...(waiting > 0
      ? [`waiting  ${waiting} entries, for ${(status.waitingFor as string[]).map(text).join(', ')}`]
      : []),
  ];
  lines.push(...describeBackup(status.backup as JsonObject));
  if (running === null) return [...lines, 'node     not running'].join('\n');
  const outputs = (running.outputs as readonly JsonObject[]).map(
    (output) => `  ${text(output.name)}: ${output.on === true ? 'on' : 'off'} (${text(output.level)})`,
  );
  const readers = (running.readers as readonly JsonObject[]).map(
    (reader) =>
      `  ${text(reader.name)}: ${text(reader.state)}, ${text(reader.badges)} badges, ${text(reader.dropped)} dropped`,
  );
  return [
    ...lines,
    `node     running for ${Math.round(Number(running.uptimeMs) / 1000)} s`,
    `pins     ${text(running.pins)}`,
    ...outputs,
    'readers',
    ...readers,
  ].join('\n');
}

/** When the last backup was, with a reminder where it is long ago; and the flag of a restore. */
function describeBackup({ last, isDue, restoredAsOfMs }: JsonObject): readonly string[] {
  const when = last === null ? 'never' : `as of ${timeText(Number((last as JsonObject).asOfMs))}`;
  const reminder = isDue === true ? ': make one with `blockmesh backup FILE`' : '';
  const restored = `restored as of ${timeText(Number(restoredAsOfMs))}; what others decided since then is not known here`;
  return [`backup   ${when}${reminder}`, ...(restoredAsOfMs === null ? [] : [`flag     ${restored}`])];
}
