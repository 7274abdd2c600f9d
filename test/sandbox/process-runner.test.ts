import { realpathSync } from 'node:fs';
import t from 'tap';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { runnerContract } from '../contract/runner.ts';

const runner = createProcessRunner({ path: '/usr/bin:/bin', stopMs: 200 });
runnerContract(t, runner, realpathSync(t.testdir({})));
