import { writeFileSync, writeSync } from 'fs';

const memory = { name: 'memory', description: 'Memory', action: (ctx) => console.log(JSON.stringify(ctx)) };
const copy = {
  name: 'copy',
  description: 'Copies its input',
  action: async () => {
    for await (const chunk of process.stdin) writeSync(1, chunk);
    writeSync(2, Buffer.from([0, 255, 10]));
    return { success: false, exitCode: 7 };
  },
};
const wait = {
  name: 'wait',
  description: 'Waits to be ended',
  action: async ({ own }) => {
    writeFileSync(own[1], String(process.pid));
    await new Promise((resolve) => setTimeout(resolve, 20000));
  },
};

export const commands = [memory, copy, wait];
export const commandRegistry = new Map(commands.map((command) => [command.name, command]));
