#!/usr/bin/env node
import { constants, setPriority } from 'node:os';
import { checkFile } from './file-check.ts';

// Doors come first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
checkFile(process.argv[2] ?? '');
