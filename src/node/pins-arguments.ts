import type { Config } from './config.ts';
import type { InputConfig } from './config-inputs.ts';
import type { OutputConfig } from './config-outputs.ts';
import type { Pin } from './config-pins.ts';
import type { WiegandConfig } from './reader-schema.ts';

/** One option of the pins process and its value; its PROTOCOL.md holds their grammar. */
type Declaration = readonly [option: '--output' | '--input' | '--wiegand', value: string];

/** What the pins process is to own for this configuration. */
export function pinsDeclarations({ output, input, reader }: Config): readonly Declaration[] {
  const outputs = Object.entries(output).map(([name, one]): Declaration => ['--output', outputOption(name, one)]);
  const inputs = Object.entries(input).map(([name, one]): Declaration => ['--input', inputOption(name, one)]);
  const wiegand = Object.entries(reader).flatMap(([name, one]): readonly Declaration[] =>
    one.driver === 'wiegand' ? [['--wiegand', wiegandOption(name, one)]] : [],
  );
  return [...outputs, ...inputs, ...wiegand];
}

/** The words with which the pins process is started so that it owns just that, as long as it runs. */
export function pinsArguments(config: Config): readonly string[] {
  return ['--socket', config.pins.socket, ...pinsDeclarations(config).flat()];
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
