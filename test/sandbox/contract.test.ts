import { dirname } from 'node:path';
import t from 'tap';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { HOSTILE, lineProtocolContract } from '../contract/line-protocol.ts';

// This node first, then the system's programs without version managers in front.
const runner = createProcessRunner({ path: `${dirname(process.execPath)}:/usr/bin:/bin`, stopMs: 2_000 });
lineProtocolContract(t, { runner, folder: HOSTILE });
