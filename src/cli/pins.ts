import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../node/node.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';
import { print } from './output.ts';
import { pinsArguments } from './pins-arguments.ts';

export function pinsCommands(program: Command, environment: Environment): void {
  const pins = program.command('pins').description('the process that owns the output lines');
  const options = pins
    .command('options')
    .description('print the options that blockmesh-pins takes for this blockmesh.toml, one a line');
  common(options, environment, ['pins options', 'pins options | xargs -d "\\n" build/blockmesh-pins']);
  options.action(({ folder, json }: CommonOptions) => {
    const words = pinsArguments(readConfig(resolve(folder)));
    print(words, json === true, () => words.join('\n'));
  });
}
