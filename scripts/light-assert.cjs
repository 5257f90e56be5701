// Stands in for node:assert in the program: only yargs asks for it, and only for these.

exports.strictEqual = (left, right, message) => {
  if (!Object.is(left, right)) throw new Error(message);
};
exports.notStrictEqual = (left, right, message) => {
  if (Object.is(left, right)) throw new Error(message);
};
