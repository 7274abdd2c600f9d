import { runHistories } from './run-histories.ts';

process.exitCode = await runHistories({
  histories: Number(process.env.N ?? '10000'),
  batch: 50,
  seed: Number(process.env.SEED ?? '1'),
  results: 'build/dapp-histories.jsonl',
  say: (line) => process.stdout.write(`${line}\n`),
});
