import { runBenches } from './bench.ts';

process.exitCode = await runBenches(process.env.ONLY);
