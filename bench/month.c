/* The consumer's month as a straightforward loop in C: everybody is visited, every month.
 *
 * The law and the keyed draws are those of agents/ (docs/odd.md 7), so choices can be held against theirs one
 * by one (tests/test_c_month.py). What every consumer needs each month is drawn a block ahead, four draws a
 * call of the generator; the rest is one person after another. Sizes are known when it is compiled.
 *
 *     cc -O3 -march=native -shared -fPIC -o month.so month.c -lm
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { K = 3, M = 3, W = M + 1, A = 1 << W, S = 4, D = M + 2 }; /* operators, platforms, accounts, services, methods */
enum { STATES = 1 + 2 * K, OWNED = 4, SLOTS = 4 * OWNED, BLOCK = 1024 };
enum { TRAITS = 1, ACCOUNTS_AT_START = 2, FIRST_OPERATOR = 3, REVIEW = 4, TASTE = 5, PAYMENT = 6, ACCOUNT_OPENING = 7 };
enum { SUBSCRIBING, TELECOM, HANDSETS, PURCHASES };
static const uint32_t NEST_STREAM = 0xFFFFFFFF;

struct people {
    int64_t provinces;
    const int64_t *start, *code;   /* [G + 1] first row, [G] */
    const uint64_t *entry_multiplier; /* [G] */
    uint8_t *subscription, *subscription_before, *accounts, *accounts_before, *contract_end; /* [N] */
    float *surplus;                /* [N] RMB a month */
};

struct network {
    const int64_t *to_place, *ring, *to_row; /* [G], [256], [G] */
    const uint64_t *stride, *inverse;        /* [G + 1] */
    const int64_t *shift;                    /* [G + 1][OWNED] */
    int64_t rewired, across;                 /* of 65536 */
    uint64_t key;
};

struct world {
    const double (*standing)[K][2], (*price)[2], *price_sensitivity, (*payment_value)[K][2][A];
    const uint8_t (*wallet_open)[K];
    const double *online_share, (*held_online)[M], (*method_shares)[K][S][A][D];
    const double (*account_hazard)[K][W], (*account_imitation)[K][W], (*account_ceiling)[K][A];
    const int64_t *operator_stream;
    double sensitivity_spread, switching_spread, switching_cost, downgrade_cost, lock_in;
    double same_operator, word_of_mouth, dissimilarity, review_hazard;
    int64_t contract_months, wallet_bit;
    uint64_t seed;
};

struct counts { /* of a month; added to */
    int64_t (*payments)[K][2][S][D], (*people)[STATES][A], (*moves)[STATES][STATES];
    double *surplus; /* [G] */
};

/* A person as the loop meets it. */
struct person {
    int64_t row, position, g;
    uint32_t code;
};

static inline int operator_of(int subscription) { return (subscription + 1) / 2 - 1; }
static inline int network_of(int subscription) { return (subscription + 1) % 2; }

/* ---- draws: Philox-4x32-10 [Salmon 2011] ---- */

static inline void philox(uint32_t c0, uint32_t c1, uint32_t c2, uint64_t seed, uint32_t out[4])
{
    uint32_t c3 = 0, k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53 * c0, p1 = (uint64_t)0xCD9E8D57 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

static inline uint32_t whose(uint32_t purpose, int64_t month, uint32_t code)
{
    return code | purpose << 8 | (uint32_t)month << 16;
}

static inline double to_unit(uint32_t word) { return (word + 0.5) * 0x1p-32; }

static inline void uniforms(const struct world *w, uint32_t purpose, int64_t month, const struct person *i,
                            uint32_t stream, double u[4])
{
    uint32_t word[4];
    philox((uint32_t)i->position, whose(purpose, month, i->code), stream, w->seed, word);
    for (int n = 0; n < 4; n++)
        u[n] = to_unit(word[n]);
}

/* Draw once for each of a block's people, groups of four neighbours at a time. */
static void draw_block(const struct world *w, uint32_t purpose, int64_t month, uint32_t code, uint32_t stream,
                       int64_t position, int64_t people, uint32_t luck[BLOCK])
{
    for (int64_t group = 0; 4 * group < people; group++)
        philox((uint32_t)(position / 4 + group), whose(purpose, month, code), stream, w->seed, luck + 4 * group);
}

/* ---- who knows whom ---- */

static inline int64_t multiplied(uint64_t fraction, int64_t position, int64_t n)
{
    return (int64_t)((unsigned __int128)(fraction * (uint64_t)position) * (uint64_t)n >> 64);
}

enum { LATTICE, WITHIN, ACROSS };

static inline int leads_to(const struct network *net, int64_t place, int tie)
{
    uint64_t z = net->key + (uint64_t)place * 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z ^= z >> 31;
    int64_t bits = z >> 16 * tie & 0xFFFF;
    return bits >= net->rewired ? LATTICE : bits < net->across ? ACROSS : WITHIN;
}

static inline int64_t around(int64_t position, int64_t n)
{
    while (position >= n)
        position -= n;
    while (position < 0)
        position += n;
    return position;
}

static int64_t permuted(const struct network *net, int64_t block, int tie, int64_t position, int64_t n)
{
    int64_t to = multiplied(net->stride[block], position, n) + net->shift[block * OWNED + tie];
    return to < n ? to : to - n;
}

static int64_t sent_here(const struct network *net, int64_t block, int tie, int64_t position, int64_t n)
{
    int64_t back = position - net->shift[block * OWNED + tie];
    return multiplied(net->inverse[block], back >= 0 ? back : back + n, n);
}

static int64_t row_at(const struct network *net, int64_t place)
{
    int64_t block = 0;
    for (int64_t half = 128; half; half /= 2)
        if (net->ring[block + half] <= place)
            block += half;
    return place + net->to_row[block];
}

static int find_contacts(const struct people *p, const struct network *net, const struct person *i,
                         int64_t found[SLOTS])
{
    int64_t first = p->start[i->g], n = p->start[i->g + 1] - first;
    int64_t G = p->provinces, everybody = p->start[G];
    int64_t to_place = net->to_place[i->g], place = i->row + to_place;
    int count = 0;
    for (int tie = 0; tie < OWNED; tie++) {
        int kind = leads_to(net, place, tie);
        int64_t other = kind == LATTICE  ? first + around(i->position + tie + 1, n)
                        : kind == WITHIN ? first + permuted(net, i->g, tie, i->position, n)
                                         : row_at(net, permuted(net, G, tie, place, everybody));
        if (other != i->row)
            found[count++] = other;
        other = first + around(i->position - tie - 1, n);
        if (other != i->row && leads_to(net, other + to_place, tie) == LATTICE)
            found[count++] = other;
        other = first + sent_here(net, i->g, tie, i->position, n);
        if (other != i->row && leads_to(net, other + to_place, tie) == WITHIN)
            found[count++] = other;
        other = sent_here(net, G, tie, place, everybody);
        if (other != place && leads_to(net, other, tie) == ACROSS)
            found[count++] = row_at(net, other);
    }
    return count;
}

/* ---- which operator, which network ---- */

static void look_around(const struct people *p, const struct network *net, const struct person *i,
                        double near[K], double *near_3g)
{
    int64_t found[SLOTS];
    int with[STATES] = {0}, known = 0, on_3g = 0;
    int contacts = find_contacts(p, net, i, found);
    for (int slot = 0; slot < contacts; slot++)
        with[p->subscription_before[found[slot]]]++;
    for (int state = 1; state < STATES; state++)
        known += with[state];
    for (int k = 0; k < K; k++) {
        near[k] = known ? (double)(with[1 + 2 * k] + with[2 + 2 * k]) / known : 0.0;
        on_3g += with[2 + 2 * k];
    }
    *near_3g = known ? (double)on_3g / known : 0.0;
}

static void traits(const struct world *w, const struct person *i, double *sensitivity, double *switching)
{
    double u[4], a = w->sensitivity_spread, s = w->switching_spread;
    uniforms(w, TRAITS, 0, i, 0, u);
    double radius = sqrt(-2.0 * log(u[0])), angle = 2.0 * M_PI * u[1];
    *sensitivity = w->price_sensitivity[i->g] * exp(a * (radius * cos(angle)) - 0.5 * a * a);
    *switching = w->switching_cost * exp(s * (radius * sin(angle)) - 0.5 * s * s);
}

/* Return the subscription chosen, a nested logit drawn by its shocks; write what the choice is worth. */
static int choose(const struct people *p, const struct network *net, const struct world *w, int64_t month,
                  const struct person *i, int own, int held, float *surplus)
{
    double near[K], near_3g, sensitivity, switching, u[4];
    double v2[K], v3[K], top_2g = -INFINITY, top_3g = -INFINITY;
    look_around(p, net, i, near, &near_3g);
    traits(w, i, &sensitivity, &switching);
    int mine = operator_of(own), others = held & (w->wallet_bit - 1);
    double leaving = switching;
    if (own && held & w->wallet_bit && w->wallet_open[i->g][mine])
        leaving += w->lock_in;
    for (int k = 0; k < K; k++) {
        int keeps = k == mine ? held : others;
        const double *standing = w->standing[i->g][k], *price = w->price[k];
        v2[k] = standing[0] - sensitivity * price[0] + w->payment_value[i->g][k][0][keeps] + w->same_operator * near[k];
        v3[k] = standing[1] - sensitivity * price[1] + w->payment_value[i->g][k][1][keeps] + w->same_operator * near[k]
                + w->word_of_mouth * near_3g;
        if (own && k != mine)
            v2[k] -= leaving, v3[k] -= leaving;
        if (own && network_of(own))
            v2[k] -= w->downgrade_cost;
        top_2g = fmax(top_2g, v2[k]);
        top_3g = fmax(top_3g, v3[k]);
    }
    double mu = w->dissimilarity, sum_2g = 0.0, sum_3g = 0.0, best_2g = 0.0, best_3g = 0.0;
    int pick_2g = 0, pick_3g = 0;
    for (int k = 0; k < K; k++) {
        double weight_2g = exp(v2[k] - top_2g), weight_3g = v3[k] > -INFINITY ? exp((v3[k] - top_3g) / mu) : 0.0;
        sum_2g += weight_2g;
        sum_3g += weight_3g;
        uniforms(w, TASTE, month, i, (uint32_t)w->operator_stream[k], u);
        double score_2g = weight_2g / -log(u[0]), score_3g = weight_3g / -log(u[1]);
        if (score_2g > best_2g)
            best_2g = score_2g, pick_2g = 1 + 2 * k;
        if (score_3g > best_3g)
            best_3g = score_3g, pick_3g = 2 + 2 * k;
    }
    if (!pick_3g) {
        *surplus = (float)((top_2g + log(sum_2g)) / sensitivity);
        return pick_2g;
    }
    double nest = top_3g + mu * log(sum_3g), top = fmax(top_2g, nest);
    double scale = exp(top_2g - top), stake = exp(nest - top);
    uniforms(w, TASTE, month, i, NEST_STREAM, u);
    *surplus = (float)((top + log(scale * sum_2g + stake)) / sensitivity);
    return stake / -log(u[0]) > best_2g * scale ? pick_3g : pick_2g;
}

/* ---- accounts ---- */

static int accounts_on_arrival(const struct world *w, const struct person *i)
{
    double u[4];
    int held = 0;
    uniforms(w, ACCOUNTS_AT_START, 0, i, 0, u);
    if (u[0] < w->online_share[i->g])
        for (int m = 0; m < M; m++)
            held |= (u[1 + m] < w->held_online[i->g][m]) << m;
    return held;
}

static int opens(const struct world *w, const struct person *i, int k, int online, int held,
                 const double friends[W], double luck)
{
    double threshold = 0.0;
    for (int slot = 0; slot < W; slot++) {
        int bit = 1 << slot;
        if (held & bit || !(online || bit == w->wallet_bit))
            continue;
        threshold += w->account_hazard[i->g][k][slot];
        threshold += w->account_imitation[i->g][k][slot] * friends[slot];
        if (luck < threshold)
            return bit;
    }
    return 0;
}

/* Return the account opened this month, 0 for none; contacts are asked only where the answer can matter. */
static int open_account(const struct people *p, const struct network *net, const struct world *w,
                        const struct person *i, int k, int held, double luck)
{
    static const double nobody[W] = {0}, everybody[W] = {1, 1, 1, 1};
    double u[4], friends[W] = {0};
    uniforms(w, ACCOUNTS_AT_START, 0, i, 0, u);
    int online = u[0] < w->online_share[i->g], bit = opens(w, i, k, online, held, nobody, luck);
    if (bit == opens(w, i, k, online, held, everybody, luck))
        return bit;
    int64_t found[SLOTS];
    int contacts = find_contacts(p, net, i, found), known = 0;
    for (int slot = 0; slot < contacts; slot++) {
        int theirs = p->subscription_before[found[slot]], have = p->accounts_before[found[slot]];
        known += theirs != 0;
        for (int m = 0; m < M; m++)
            friends[m] += have >> m & 1;
        friends[M] += have & w->wallet_bit && operator_of(theirs) == k;
    }
    for (int m = 0; known && m < W; m++)
        friends[m] /= known;
    return opens(w, i, k, online, held, friends, luck);
}

/* ---- the month ---- */

static inline int method_of(const double shares[D], double luck)
{
    int method = 0;
    while (method < D - 1 && luck >= shares[method])
        method++;
    return method;
}

static inline int has_entered(const struct people *p, const struct person *i, const int64_t *entered)
{
    int64_t n = p->start[i->g + 1] - p->start[i->g];
    return multiplied(p->entry_multiplier[i->g], i->position, n) < entered[i->g];
}

static void live(const struct people *p, const struct network *net, const struct world *w, int64_t month,
                 const int64_t *entered, const struct person *i, const uint32_t luck[4], struct counts *c)
{
    int64_t row = i->row;
    int own = p->subscription_before[row], now = own, held = p->accounts_before[row];
    if (own ? month > p->contract_end[row] && to_unit(luck[0]) < w->review_hazard : has_entered(p, i, entered)) {
        if (!own)
            held = accounts_on_arrival(w, i);
        now = choose(p, net, w, month, i, own, held, &p->surplus[row]);
        if (operator_of(now) != operator_of(own))
            held &= w->wallet_bit - 1; /* wallet money does not move */
        if (network_of(now) && now != own) {
            int64_t end = month + w->contract_months - 1;
            p->contract_end[row] = end < 255 ? end : 255;
        }
    }
    if (now) {
        int k = operator_of(now), on = network_of(now);
        const double (*shares)[A][D] = w->method_shares[i->g][k];
        int64_t (*tally)[D] = c->payments[i->g][k][on];
        tally[TELECOM][method_of(shares[TELECOM][held], to_unit(luck[1]))]++;
        if (on)
            tally[PURCHASES][method_of(shares[PURCHASES][held], to_unit(luck[2]))]++;
        if (now != own) {
            double u[4];
            uniforms(w, PAYMENT, month, i, SUBSCRIBING, u);
            if (k != operator_of(own))
                tally[SUBSCRIBING][method_of(shares[SUBSCRIBING][held], u[0])]++;
            if (on)
                tally[HANDSETS][method_of(shares[HANDSETS][held], u[1])]++;
        }
        double opening = to_unit(luck[3]);
        if (opening < w->account_ceiling[i->g][k][held])
            held |= open_account(p, net, w, i, k, held, opening);
        c->surplus[i->g] += p->surplus[row];
    }
    p->subscription[row] = (uint8_t)now;
    p->accounts[row] = (uint8_t)held;
    c->people[i->g][now][held]++;
    c->moves[i->g][own][now]++;
}

/* Let everybody live through a month; counts are added to. */
void live_month(const struct people *p, const struct network *net, const struct world *w, int64_t month,
                const int64_t *entered, struct counts *c)
{
    uint32_t review[BLOCK + 4], bill[BLOCK + 4], shop[BLOCK + 4], opening[BLOCK + 4];
    int64_t rows = p->start[p->provinces];
    memcpy(p->subscription_before, p->subscription, rows);
    memcpy(p->accounts_before, p->accounts, rows);
    for (int64_t g = 0; g < p->provinces; g++) {
        int64_t people = p->start[g + 1] - p->start[g];
        uint32_t code = (uint32_t)p->code[g];
        for (int64_t first = 0; first < people; first += BLOCK) {
            int64_t count = people - first < BLOCK ? people - first : BLOCK;
            draw_block(w, REVIEW, month, code, 0, first, count, review);
            draw_block(w, PAYMENT, month, code, TELECOM, first, count, bill);
            draw_block(w, PAYMENT, month, code, PURCHASES, first, count, shop);
            draw_block(w, ACCOUNT_OPENING, month, code, 0, first, count, opening);
            for (int64_t n = 0; n < count; n++) {
                struct person i = {p->start[g] + first + n, first + n, g, code};
                uint32_t luck[4] = {review[n], bill[n], shop[n], opening[n]};
                live(p, net, w, month, entered, &i, luck, c);
            }
        }
    }
}

/* Give the lines in use at the start an operator's 2G and the accounts people hold; count them. */
void settle(const struct people *p, const struct world *w, const int64_t *entered, const double *log_share,
            struct counts *c)
{
    for (int64_t g = 0; g < p->provinces; g++)
        for (int64_t row = p->start[g]; row < p->start[g + 1]; row++) {
            struct person i = {row, row - p->start[g], g, (uint32_t)p->code[g]};
            if (has_entered(p, &i, entered)) {
                double best = -INFINITY, u[4];
                int pick = 0;
                for (int k = 0; k < K; k++) {
                    uniforms(w, FIRST_OPERATOR, 0, &i, (uint32_t)w->operator_stream[k], u);
                    double score = log_share[g * K + k] - log(-log(u[0]));
                    if (score > best)
                        best = score, pick = k;
                }
                p->subscription[row] = (uint8_t)(1 + 2 * pick);
                p->accounts[row] = (uint8_t)accounts_on_arrival(w, &i);
            }
            c->people[g][p->subscription[row]][p->accounts[row]]++;
            c->moves[g][p->subscription[row]][p->subscription[row]]++;
        }
}
