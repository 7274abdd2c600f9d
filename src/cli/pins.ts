import { resolve } from 'node:path';
import type { Command } from 'commander';
import { pinsArguments, pinsDeclarations } from '../node/pins-arguments.ts';
import { pinsOptionsText, writePinsOptions } from '../node/pins-options-file.ts';
import { readConfig } from '../node/read-config.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';
import { print } from './output.ts';

interface OptionsOptions extends CommonOptions {
  readonly file?: string | true;
}

export function pinsCommands(program: Command, environment: Environment): void {
  const pins = program
    .command('pins')
    .description('the process that owns the lines of outputs, inputs and Wiegand readers');
  const options = pins
    .command('options')
    .description('print the options that blockmesh-pins takes for this blockmesh.toml, one a line')
    .option(
      '--file [path]',
      'write them into a file instead, for blockmesh-pins --options (default: the one that [pins] options names)',
    );
  common(options, environment, [
    'pins options',
    'pins options | xargs -d "\\n" build/blockmesh-pins',
    'pins options --file',
    'pins options --file pins.options',
  ]);
  options.action(({ folder, json, file }: OptionsOptions) => {
    const config = readConfig(resolve(folder));
    if (file !== undefined) {
      const path = file === true ? config.pins.options : resolve(file);
      writePinsOptions(pinsOptionsText(config), path);
      const declared = pinsDeclarations(config).length;
      print({ file: path, declared }, json === true, () => `${path}: outputs, inputs and Wiegand readers: ${declared}`);
      return;
    }
    const words = pinsArguments(config);
    print(words, json === true, () => words.join('\n'));
  });
}
