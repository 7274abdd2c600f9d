#!/usr/bin/env -S node --max-semi-space-size=8 --expose-gc --no-sparkplug --no-maglev
import { constants } from 'node:os';
import { readEnvironment } from './environment.ts';
import { runCommandLine } from './program.ts';

/** What a shell tells of a program that wrote to nobody. */
const EXIT_PIPE = 128 + constants.signals.SIGPIPE;

// `blockmesh log | head` has read what it wanted: the rest is for nobody, and no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_PIPE);
  throw error;
});

process.exitCode = await runCommandLine(process.argv, readEnvironment(process.env));
