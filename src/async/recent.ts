/** The values that were asked for or set last; older ones are forgotten. */
export class Recent<Value> {
  private readonly values = new Map<string, Value>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get(key: string): Value | undefined {
    const value = this.values.get(key);
    if (value !== undefined) this.touch(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.touch(key, value);
    const oldest = this.values.size > this.most ? this.values.keys().next().value : undefined;
    if (oldest !== undefined) this.values.delete(oldest);
  }

  /** Whether it was there. */
  delete(key: string): boolean {
    return this.values.delete(key);
  }

  /** A map keeps the order in which its keys came. */
  private touch(key: string, value: Value): void {
    this.values.delete(key);
    this.values.set(key, value);
  }
}
