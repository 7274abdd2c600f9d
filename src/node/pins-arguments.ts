import type { Config } from '../node/config.ts';
import type { InputConfig } from '../node/config-inputs.ts';
import type { OutputConfig } from '../node/config-outputs.ts';
import type { Pin } from '../node/config-pins.ts';
import type { WiegandConfig } from '../node/reader-schema.ts';

/** The options of the pins process for this configuration; its PROTOCOL.md holds their grammar. */
export function pinsArguments(config: Config): readonly string[] {
  const outputs = Object.entries(config.output).flatMap(([name, output]) => ['--output', outputOption(name, output)]);
  const wiegand = Object.entries(config.reader).flatMap(([name, reader]) =>
    reader.driver === 'wiegand' ? ['--wiegand', wiegandOption(name, reader)] : [],
  );
  const inputs = Object.entries(config.input).flatMap(([name, input]) => ['--input', inputOption(name, input)]);
  return ['--socket', config.pins.socket, ...outputs, ...inputs, ...wiegand];
}

function wiegandOption(name: string, { chip, d0, d1, d0_offset, d1_offset, gap_ms }: WiegandConfig): string {
  const words = { chip, d0, d1, d0_offset, d1_offset, gap: gap_ms };
  const given = Object.entries(words).filter(([, value]) => value !== undefined);
  return [name, ...given.map(([word, value]) => `${word}=${value}`)].join(',');
}

function outputOption(name: string, output: OutputConfig): string {
  const { active, longest_ms } = output;
  const safe = active === 'high' ? 'low' : 'high';
  return [name, ...pinWords(output), `active=${active}`, `safe=${safe}`, `longest=${longest_ms}`].join(',');
}

function inputOption(name: string, input: InputConfig): string {
  const { active, bias, debounce_ms } = input;
  return [name, ...pinWords(input), `active=${active}`, `bias=${bias}`, `debounce=${debounce_ms}`].join(',');
}

function pinWords({ chip, line, offset }: Pin): readonly string[] {
  return [
    ...(chip === undefined ? [] : [`chip=${chip}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(offset === undefined ? [] : [`offset=${offset}`]),
  ];
}
