#!/usr/bin/env node
import { runOnoffPins } from './onoff.ts';

await runOnoffPins(process.argv.slice(2));
