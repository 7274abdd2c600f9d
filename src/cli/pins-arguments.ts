import type { Config } from '../node/config.ts';
import type { OutputConfig } from '../node/config-outputs.ts';

/** The options of the pins process for this configuration; its PROTOCOL.md holds their grammar. */
export function pinsArguments(config: Config): readonly string[] {
  const outputs = Object.entries(config.output).flatMap(([name, output]) => ['--output', outputOption(name, output)]);
  return ['--socket', config.pins.socket, ...outputs];
}

function outputOption(name: string, output: OutputConfig): string {
  const { chip, line, offset, active, longest_ms } = output;
  return [
    name,
    ...(chip === undefined ? [] : [`chip=${chip}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(offset === undefined ? [] : [`offset=${offset}`]),
    `active=${active}`,
    `safe=${active === 'high' ? 'low' : 'high'}`,
    `longest=${longest_ms}`,
  ].join(',');
}
