#!/usr/bin/env node
import { copyLedger } from './archive-copy.ts';
import { giveWay } from './give-way.ts';

giveWay();
process.exitCode = copyLedger(process.argv[2] ?? '', process.argv[3] ?? '');
