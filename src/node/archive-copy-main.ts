#!/usr/bin/env node
import { constants, setPriority } from 'node:os';
import { copyLedger } from './archive-copy.ts';

// Doors come first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
process.exitCode = copyLedger(process.argv[2] ?? '', process.argv[3] ?? '');
