import { runBenches } from './bench.ts';

process.exitCode = await runBenches(process.env.ONLY, process.env.FULL === '1');
