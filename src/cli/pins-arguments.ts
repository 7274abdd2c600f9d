import type { Config } from '../node/config.ts';
import type { OutputConfig } from '../node/config-outputs.ts';
import type { WiegandConfig } from '../node/reader-schema.ts';

/** The options of the pins process for this configuration; its PROTOCOL.md holds their grammar. */
export function pinsArguments(config: Config): readonly string[] {
  const outputs = Object.entries(config.output).flatMap(([name, output]) => ['--output', outputOption(name, output)]);
  const wiegand = Object.entries(config.reader).flatMap(([name, reader]) =>
    reader.driver === 'wiegand' ? ['--wiegand', wiegandOption(name, reader)] : [],
  );
  return ['--socket', config.pins.socket, ...outputs, ...wiegand];
}

function wiegandOption(name: string, { chip, d0, d1, d0_offset, d1_offset, gap_ms }: WiegandConfig): string {
  const words = { chip, d0, d1, d0_offset, d1_offset, gap: gap_ms };
  const given = Object.entries(words).filter(([, value]) => value !== undefined);
  return [name, ...given.map(([word, value]) => `${word}=${value}`)].join(',');
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
