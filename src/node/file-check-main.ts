#!/usr/bin/env node
import { checkFile } from './file-check.ts';
import { giveWay } from './give-way.ts';

giveWay();
checkFile(process.argv[2] ?? '');
