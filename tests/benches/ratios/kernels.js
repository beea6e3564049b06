// Kernels for JavaScript engines. Each takes an amount of work and gives a number.
function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
function sieve(rounds) {
  const composite = new Uint8Array(65536);
  let primes = 0;
  for (let round = 0; round < rounds; round++) {
    composite.fill(0);
    primes = 0;
    for (let i = 2; i < 65536; i++) {
      if (composite[i] === 0) {
        primes++;
        for (let k = i * i; k < 65536; k += i) composite[k] = 1;
      }
    }
  }
  return primes;
}
function words(rounds) {
  let distinct = 0;
  for (let round = 0; round < rounds; round++) {
    const counts = new Map();
    for (let i = 0; i < 20000; i++) {
      const word = `w${(i * 7919) % 4001}`;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    distinct = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).length;
  }
  return distinct;
}
function rows(rounds) {
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    const rows = Array.from({ length: 5000 }, (_, id) => ({ id, name: `item ${id}`, price: id * 1.25, tags: ["a", "b"] }));
    const cheap = JSON.parse(JSON.stringify(rows)).filter((row) => row.price < 4000);
    bytes = JSON.stringify(cheap.map(({ id, price }) => ({ id, price: price * 2 }))).length;
  }
  return bytes;
}
