#!/usr/bin/env -S node --max-semi-space-size=8
import { readEnvironment } from './environment.ts';
import { runCommandLine } from './program.ts';

process.exitCode = await runCommandLine(process.argv, readEnvironment(process.env));
