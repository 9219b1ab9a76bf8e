import { writeSync } from 'fs';

export const commandRegistry = new Map();

commandRegistry.set('automation', {
  handler: async ([name]) => console.log(`automation of claude-flow: ${name}`),
  description: 'Intelligent agent & workflow management',
});
commandRegistry.set('memory', {
  handler: async (args) => console.log(JSON.stringify({ args, own: process.argv.slice(2) })),
  description: 'Memory',
});
commandRegistry.set('copy', {
  handler: async () => {
    for await (const chunk of process.stdin) writeSync(1, chunk);
    writeSync(2, Buffer.from([0, 255, 10]));
    process.exit(7);
  },
  description: 'Copies its input',
});
commandRegistry.set('wait', {
  handler: async ([note]) => {
    (await import('fs')).writeFileSync(note, String(process.pid));
    await new Promise((resolve) => setTimeout(resolve, 20000));
  },
  description: 'Waits to be ended',
});

export function hasCommand(name) {
  return commandRegistry.has(name);
}

export async function executeCommand(name, args, flags) {
  await commandRegistry.get(name).handler(args, flags);
}
