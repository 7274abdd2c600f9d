#!/usr/bin/env node
import { readEnvironment } from './environment.ts';
import { runCommandLine } from './program.ts';

process.exitCode = await runCommandLine(process.argv, readEnvironment(process.env));
