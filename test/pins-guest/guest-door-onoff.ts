import t from 'tap';
import { onoffProgram, showDoors } from './door.ts';

t.test('a node with onoff', (t) => showDoors(t, onoffProgram(), 'high'));
