#!/usr/bin/env node
import { runVirtualPins } from './virtual.ts';

await runVirtualPins(process.argv.slice(2));
