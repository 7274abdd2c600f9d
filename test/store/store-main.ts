import { CodedError } from '../../src/base/errors.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { draft, Holding, Scribe, seededRandomness, writeRoot } from '../ledger/written-chain.ts';

/**
 * A process with a ledger. `try PATH` opens it and says "opened" or the code of the error; `hold PATH` says "open" and
 * keeps it until its input ends; `append PATH COUNT [PRAGMA]` appends blocks one at a time, with a line written before
 * the first and after the last.
 */
const [task = '', path = '', count = '0', pragma = ''] = process.argv.slice(2);
const database = open();
if (task === 'try') {
  database.close();
  process.stdout.write('opened\n');
} else if (task === 'hold') {
  process.stdout.write('open\n');
  process.stdin.resume().on('end', () => process.exit());
} else {
  if (pragma !== '') database.pragma(pragma);
  const founder = new Scribe('founder');
  const root = writeRoot(founder.key, [draft()], seededRandomness('root'), founder.life);
  const holding = new Holding(root);
  const transactor = new Transactor(database);
  transactor.append([{ ...root, pulses: [] }]);
  process.stdout.write('append begins\n');
  for (let block = 0; block < Number(count); block += 1) transactor.append([{ ...founder.write(holding), pulses: [] }]);
  process.stdout.write('append ended\n');
  database.close();
}

function open() {
  try {
    return openDatabase({ path, mayCreate: true });
  } catch (error) {
    process.stdout.write(`${error instanceof CodedError ? error.code : `uncoded: ${String(error)}`}\n`);
    process.exit();
  }
}
