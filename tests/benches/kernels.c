#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* n-body: five planets, symplectic integrator. */
struct body { double x, y, z, vx, vy, vz, mass; };
static void advance(struct body *b, int n, double dt) {
  for (int i = 0; i < n; i++) {
    for (int j = i + 1; j < n; j++) {
      double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
      double d2 = dx * dx + dy * dy + dz * dz;
      double mag = dt / (d2 * sqrt(d2));
      b[i].vx -= dx * b[j].mass * mag; b[i].vy -= dy * b[j].mass * mag; b[i].vz -= dz * b[j].mass * mag;
      b[j].vx += dx * b[i].mass * mag; b[j].vy += dy * b[i].mass * mag; b[j].vz += dz * b[i].mass * mag;
    }
  }
  for (int i = 0; i < n; i++) { b[i].x += dt * b[i].vx; b[i].y += dt * b[i].vy; b[i].z += dt * b[i].vz; }
}
static double nbody(uint32_t steps) {
  struct body b[5];
  for (int i = 0; i < 5; i++) b[i] = (struct body){i * 1.7 + 0.3, i * i * 0.9, 0.2 * i, 0.1 * i, 0.5 - 0.07 * i, 0.01 * i, 1.0 / (1 + i * i)};
  for (uint32_t s = 0; s < steps; s++) advance(b, 5, 0.001);
  return b[0].x + b[4].vy;
}

/* matrix product, in the order that vectorises. */
static double product(uint32_t times) {
  enum { N = 128 };
  static double a[N][N], b[N][N], c[N][N];
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) { a[i][j] = i + 0.5 * j; b[i][j] = i - 0.25 * j; c[i][j] = 0; }
  for (uint32_t t = 0; t < times; t++)
    for (int i = 0; i < N; i++) for (int k = 0; k < N; k++) { double f = a[i][k]; for (int j = 0; j < N; j++) c[i][j] += f * b[k][j]; }
  return c[3][5] + c[100][90];
}

/* sieve */
static double sieve(uint32_t times) {
  enum { N = 1 << 16 };
  static uint8_t composite[N];
  uint32_t found = 0;
  for (uint32_t t = 0; t < times; t++) {
    for (uint32_t i = 0; i < N; i++) composite[i] = 0;
    for (uint32_t i = 2; i * i < N; i++) if (!composite[i]) for (uint32_t j = i * i; j < N; j += i) composite[j] = 1;
    for (uint32_t i = 2; i < N; i++) found += !composite[i];
  }
  return found;
}
