#!/usr/bin/env node
import { copyLedger } from './archive-copy.ts';

process.exitCode = copyLedger(process.argv[2] ?? '', process.argv[3] ?? '');
