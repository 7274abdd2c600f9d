import { realpathSync } from 'node:fs';
import t from 'tap';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { runnerContract } from '../contract/runner.ts';

// Not so short that output which waits is given up while this process stands still.
const runner = createProcessRunner({ path: '/usr/bin:/bin', stopMs: 2_000 });
runnerContract(t, runner, realpathSync(t.testdir({})));
