// Which music should sound, and its samples: scenes that lie over each other, layers, stings, ducking,
// save games. Plain C++17 that knows no engine: Render() gives 16-bit stereo at 44100 Hz, and every
// start, loop and bar line falls on its sample. Written by chipassets with each build.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chipassets {

// What the player knows of a track: samples are of the file, bars count from 0.
struct Track {
    std::string name, scene;
    std::vector<std::string> moods;
    std::string match, like;
    int64_t samples;
    bool loops;
    int64_t loopStart, loopLength;
    int loopStartBar, loopBars, bars;
    double bpm, beatsPerBar;
    int feltBeats;
    std::vector<int64_t> sectionSamples;
    std::vector<std::string> files;
};

constexpr int kRate = 44100;

// A file's samples, interleaved.
struct Pcm {
    std::vector<int16_t> data;
    int channels = 1;

    int64_t Frames() const { return static_cast<int64_t>(data.size()) / channels; }
    float At(int64_t frame, int side) const {
        return data[static_cast<size_t>(frame * channels + (channels > 1 ? side : 0))] / 32768.0f;
    }
};

// Reads a RIFF file of 16-bit PCM at 44100 Hz. Returns whether it was one.
inline bool ReadWav(const uint8_t* bytes, size_t size, Pcm& pcm) {
    auto number = [&](size_t at, int width) {
        uint32_t value = 0;
        for (int i = 0; i < width; i++) value |= static_cast<uint32_t>(bytes[at + i]) << (8 * i);
        return value;
    };
    if (size < 12 || std::memcmp(bytes, "RIFF", 4) != 0 || std::memcmp(bytes + 8, "WAVE", 4) != 0) return false;
    bool isKnown = false;
    for (size_t at = 12; at + 8 <= size;) {
        size_t length = number(at + 4, 4), body = at + 8;
        length = std::min(length, size - body);
        if (std::memcmp(bytes + at, "fmt ", 4) == 0 && length >= 16) {
            pcm.channels = static_cast<int>(number(body + 2, 2));
            isKnown = (pcm.channels == 1 || pcm.channels == 2) && number(body + 4, 4) == kRate &&
                      number(body + 14, 2) == 16;
        } else if (std::memcmp(bytes + at, "data", 4) == 0 && isKnown) {
            pcm.data.resize(length / 2 / pcm.channels * pcm.channels);
            for (size_t i = 0; i < pcm.data.size(); i++)
                pcm.data[i] = static_cast<int16_t>(number(body + 2 * i, 2));
            return !pcm.data.empty();
        }
        at = body + length + length % 2;
    }
    return false;
}

// The sample of the file at which a position lies: loops wrap around, other tracks stop at the end.
inline int64_t Wrap(const Track& track, int64_t sample) {
    if (!track.loops) return std::min(sample, track.samples);
    if (sample < track.loopStart) return sample;
    return track.loopStart + (sample - track.loopStart) % track.loopLength;
}

// The run of equal bars around a sample: its start, its first bar, and the length of a bar.
struct Grid {
    double start, first, bar;
};

inline Grid GridOf(const Track& track, int64_t sample) {
    if (!track.loops) return {0, 0, 60 * track.beatsPerBar * kRate / track.bpm};
    if (sample < track.loopStart) return {0, 0, static_cast<double>(track.loopStart) / track.loopStartBar};
    return {static_cast<double>(track.loopStart), static_cast<double>(track.loopStartBar),
            static_cast<double>(track.loopLength) / track.loopBars};
}

// The number of samples from one of the file to its next "beat", "bar" or "section"; 0 for "now".
inline int64_t ToLine(const Track& track, int64_t sample, const std::string& when) {
    if (when == "now" || (!track.loops && sample >= track.samples)) return 0;
    if (when == "section") {
        int64_t first = track.samples;
        for (int64_t line : track.sectionSamples) {
            if (line >= sample) return line - sample;
            if (line >= track.loopStart) first = std::min(first, line);
        }
        if (!track.loops) return track.samples - sample;
        if (first == track.samples) first = track.loopStart;
        return track.samples - sample + first - track.loopStart;
    }
    Grid grid = GridOf(track, sample);
    double unit = when == "beat" ? grid.bar / track.feltBeats : grid.bar;
    double into = std::fmod(sample - grid.start, unit);
    return into < 1 ? 0 : std::llround(unit - into);
}

// Whether both are the same music bar for bar: a track and its variant.
inline bool SharesBars(const Track& one, const Track& other) {
    auto root = [](const Track& track) { return track.like.empty() ? track.name : track.like; };
    return root(one) == root(other) && one.bars == other.bars;
}

// The sample of a track in the same bar, and as far into it, as the other's.
inline int64_t SamePlace(const Track& track, const Track& other, int64_t sample) {
    Grid grid = GridOf(other, sample);
    double bars = grid.first + (sample - grid.start) / grid.bar;
    if (bars >= track.bars) bars -= track.loopBars;
    if (!track.loops) return std::llround(bars * 60 * track.beatsPerBar * kRate / track.bpm);
    if (bars < track.loopStartBar) return std::llround(bars * track.loopStart / track.loopStartBar);
    return track.loopStart + std::llround((bars - track.loopStartBar) * track.loopLength / track.loopBars);
}

// The amplitude of a layer (from 0) of `count` at an intensity; the first one always sounds.
inline double Share(double level, int layer, int layers) {
    constexpr double kQuarter = 1.5707963267948966;
    if (layer == 0) return 1;
    return std::sin(std::clamp(level * std::max(layers - 1, 1) - (layer - 1), 0.0, 1.0) * kQuarter);
}

// How the music changes from a scene to another; "*" stands for any. fade: seconds.
struct Rule {
    std::string from, to, when;
    double fade;
    std::string how;
};

inline const std::vector<Rule>& DefaultRules() {
    static const std::vector<Rule> rules = {
        {"*", "battle", "now", 0.12, "crossfade"},    {"*", "boss", "now", 0.12, "crossfade"},
        {"*", "victory", "now", 0.06, "crossfade"},   {"*", "game_over", "now", 0.4, "crossfade"},
        {"town", "shop", "bar", 0.4, "crossfade"},    {"shop", "town", "bar", 0.4, "crossfade"},
        {"*", "*", "now", 0.8, "crossfade"},
    };
    return rules;
}

// The values of a call that replace those of the rule; fade: seconds, below 0 keeps the rule's.
struct Manner {
    std::string when;
    double fade = -1;
    std::string how;
    std::vector<std::string> moods;
};

class Music {
public:
    // Reads a file of the music into samples; returns whether it could.
    using Loader = std::function<bool(const std::string& file, Pcm& pcm)>;
    using Warn = std::function<void(const std::string& text)>;

    Music(const std::vector<Track>& tracks, Loader load, Warn warn)
        : tracks_(tracks), load_(std::move(load)), warn_(std::move(warn)) {}

    // Amplitudes from 0 to 1: of everything, and of each group within it.
    double volume = 0.8, musicVolume = 1, stingVolume = 1;
    std::vector<Rule> rules = DefaultRules();
    std::map<std::string, int> levels = {{"shop", 1}, {"battle", 2}, {"boss", 2}, {"victory", 2}, {"menu", 3}};

    // Told where a track begins: its name, the sample of its file, and of the output.
    std::function<void(const std::string& name, int64_t sample, int64_t at)> onStart;

    // Enter a scene: over those of lower levels, in place of one of its level, or back to a kept one.
    void Enter(const std::string& scene, const Manner& manner = {}) {
        std::lock_guard<std::mutex> lock(mutex_);
        std::string before = Scene();
        std::vector<std::string> oldMoods = stack_.empty() ? std::vector<std::string>() : stack_.back().moods;
        auto at = std::find_if(stack_.begin(), stack_.end(), [&](const Entry& one) { return one.scene == scene; });
        if (at != stack_.end()) stack_.erase(at, stack_.end());
        else
            while (!stack_.empty() && Level(Scene()) >= Level(scene)) stack_.pop_back();
        stack_.push_back({scene, manner.moods});
        if (before != scene || oldMoods != manner.moods) Plan(before, manner);
    }

    // Leave the scene for the one below; the last one cannot be left.
    void Leave(const Manner& manner = {}) {
        std::lock_guard<std::mutex> lock(mutex_);
        if (stack_.size() < 2) return;
        std::string before = Scene();
        stack_.pop_back();
        Plan(before, manner);
    }

    // Fade to silence and forget every scene.
    void Stop(double fade = 0.8) {
        std::lock_guard<std::mutex> lock(mutex_);
        stack_.clear();
        left_.clear();
        Ask(nullptr, "", Frames(fade), false);
        EndSting();
    }

    // Pause the music, fades, stings and pending changes until Resume().
    void Pause() {
        std::lock_guard<std::mutex> lock(mutex_);
        isPaused_ = true;
    }

    // Resume where Pause() stopped.
    void Resume() {
        std::lock_guard<std::mutex> lock(mutex_);
        isPaused_ = false;
    }

    // Set how many of a track's layers sound, 0 to 1, within some seconds.
    void Intensity(double value, double fade = 0.6, const std::string& when = "now") {
        std::lock_guard<std::mutex> lock(mutex_);
        value = std::clamp(value, 0.0, 1.0);
        int64_t at = LineTime(when);
        if (value == nextLevel_.last && at >= nextLevel_.at) return;
        level_ = LevelAt(clock_);
        nextLevel_ = level_.Turn(at, Frames(fade), value);
    }

    // Lower the music by some decibels until the next call; 0 restores it.
    void Duck(double byDb = 12, double fade = 0.15) {
        std::lock_guard<std::mutex> lock(mutex_);
        DuckNow(byDb, fade);
    }

    // Play a track, or a scene's track, once over the music, which is ducked.
    void Sting(const std::string& name, const std::string& when = "now", int priority = 0) {
        std::lock_guard<std::mutex> lock(mutex_);
        const Track* track = StingTrack(name);
        if (!track) {
            return Tell("there is no sting '" + name + "'; " + Meant(name, Names()));
        }
        Voice* current = Current();
        if ((current && current->track == track) || (sting_.track && sting_.priority > priority)) return;
        if ((waiting_.track && waiting_.priority > priority) || !Load(*track)) return;
        waiting_ = {track, LineTime(when), priority, 0};
    }

    // Read the files of tracks, so that no change waits for them: those of scenes, those named, or all.
    void Preload(const std::vector<std::string>& names = {}) {
        std::lock_guard<std::mutex> lock(mutex_);
        if (names.empty())
            for (const Track& track : tracks_) Load(track);
        for (const std::string& name : names) {
            bool isKnown = false;
            for (const Track& track : tracks_) {
                if (track.scene != name && track.name != name) continue;
                isKnown = true;
                Load(track);
            }
            if (!isKnown) Tell("preload: there is no scene and no track '" + name + "'; " + Meant(name, Names()));
        }
    }

    // The track that sounds, and the sample of its file; "" in silence and after the end of one that
    // plays once.
    std::pair<std::string, int64_t> Playing() {
        std::lock_guard<std::mutex> lock(mutex_);
        Voice* current = Current();
        bool isOver = current && !current->track->loops && current->Sample(clock_) >= current->track->samples;
        return current && !isOver ? std::make_pair(current->track->name, current->Sample(clock_)) : std::make_pair(std::string(), int64_t(0));
    }

    // The state of the music, as JSON for a save game: the same as in every other engine.
    std::string State() {
        std::lock_guard<std::mutex> lock(mutex_);
        std::string json = "{\"format\": 1, \"scenes\": [";
        for (size_t i = 0; i < stack_.size(); i++) {
            json += (i ? ", " : "") + std::string("{\"scene\": ") + Quoted(stack_[i].scene) + ", \"moods\": [";
            for (size_t n = 0; n < stack_[i].moods.size(); n++) json += (n ? ", " : "") + Quoted(stack_[i].moods[n]);
            json += "], " + PlaceJson(stack_[i].scene) + "}";
        }
        Voice* current = Current();
        json += "], \"playing\": ";
        json += current ? "{\"scene\": " + Quoted(current->scene) + ", " + PlaceJson(current->scene) + "}" : "null";
        char numbers[96];
        double duckDb = std::fabs(20 * std::log10(std::max(gameDuck_.last, 1e-10)));
        std::snprintf(numbers, sizeof numbers, ", \"intensity\": %.6g, \"duck_db\": %.6g}", nextLevel_.last, duckDb);
        return json + numbers;
    }

    // Restore a value of State() with a crossfade. Returns whether it was a state; if not, nothing changes.
    bool Restore(const std::string& json, double fade = 0.8) {
        std::lock_guard<std::mutex> lock(mutex_);
        Value state;
        const char* at = json.c_str();
        if (!Read(at, state, 0) || !IsState(state)) {
            Tell("Restore() was given what no State() returned; the music stays as it is");
            return false;
        }
        stack_.clear();
        left_.clear();
        for (Value& saved : state["scenes"].items) {
            Entry entry{saved["scene"].text, {}};
            for (const Value& mood : saved["moods"].items) entry.moods.push_back(mood.text);
            stack_.push_back(entry);
            Keep(entry.scene, saved);
        }
        EndSting();
        DuckNow(state["duck_db"].number, 0);
        level_ = nextLevel_ = Fade::Steady(std::clamp(state["intensity"].number, 0.0, 1.0));
        if (Voice* current = Current()) current->scene.clear();
        std::string scene = Scene();
        const Track* wanted = stack_.empty() ? nullptr : ForScene(scene, stack_.back().moods);
        if (!wanted && Named(state["playing"]["track"].text)) {
            wanted = Named(state["playing"]["track"].text);
            scene = state["playing"]["scene"].text;
            Keep(scene, state["playing"]);
        }
        if (wanted && !Load(*wanted)) wanted = nullptr;
        Ask(wanted, scene, Frames(fade), true);
        return true;
    }

    // The next frames of the music, left and right in turns.
    void Render(int16_t* out, int frames) {
        std::lock_guard<std::mutex> lock(mutex_);
        while (frames > 0) {
            if (isPaused_ && awake_ == 0) {
                std::fill(out, out + 2 * frames, int16_t(0));
                return;
            }
            if (!isPaused_) Update();
            int64_t until = clock_ + std::min(frames, kBlock);
            for (int64_t due : {pending_.isAsked ? pending_.at : 0, waiting_.track ? waiting_.at : 0,
                                sting_.track ? sting_.at : 0})
                if (due > clock_) until = std::min(until, due);
            int count = static_cast<int>(until - clock_);
            Mix(out, count);
            FadeForPause(out, count);
            clock_ = until;
            out += 2 * count;
            frames -= count;
        }
    }

private:
    static constexpr int kBlock = 64, kPauseFrames = 256;
    static constexpr double kStingDuck = 0.251188643;  // 12 dB less
    static constexpr double kQuarter = 1.5707963267948966;

    struct Entry {
        std::string scene;
        std::vector<std::string> moods;
    };

    struct Fade {
        double first, last;
        int64_t at, length;

        static Fade Steady(double value) { return {value, value, 0, 0}; }
        double Point(int64_t now) const {
            if (now < at) return first;
            if (now >= at + length) return last;
            return first + (last - first) * static_cast<double>(now - at) / static_cast<double>(length);
        }
        Fade Turn(int64_t when, int64_t within, double to) const { return {Point(when), to, when, within}; }
    };

    struct Voice {
        const Track* track;
        std::string scene;
        std::vector<std::shared_ptr<Pcm>> layers;
        int64_t at, sample;  // where it began
        Fade fade;
        bool isSting;
        uint64_t id;

        int64_t Sample(int64_t now) const { return Wrap(*track, sample + std::max<int64_t>(now - at, 0)); }
    };

    struct Change {
        const Track* track = nullptr;
        std::string scene;
        int64_t at = 0, fade = 0;
        std::string how = "crossfade";
        bool keepsPlace = false, isJump = false, isAsked = false;
    };

    struct StingWish {
        const Track* track = nullptr;
        int64_t at = 0;  // when it begins, or ends while it sounds
        int priority = 0;
        uint64_t id = 0;
    };

    // A value of JSON; what is missing is an empty one.
    struct Value {
        std::string text;
        double number = 0;
        bool isList = false;
        std::vector<Value> items;
        std::map<std::string, Value> fields;

        Value& operator[](const std::string& key) { return fields[key]; }
    };

    std::vector<Track> tracks_;
    Loader load_;
    Warn warn_;
    std::mutex mutex_;
    std::vector<Entry> stack_;
    std::map<std::string, std::pair<const Track*, int64_t>> left_;
    std::vector<Voice> voices_;
    std::map<std::string, std::shared_ptr<Pcm>> loaded_;
    std::set<std::string> told_;
    uint64_t current_ = 0, made_ = 0;
    Change pending_;
    StingWish sting_, waiting_;
    Fade level_ = Fade::Steady(1), nextLevel_ = Fade::Steady(1), gameDuck_ = Fade::Steady(1), stingDuck_ = Fade::Steady(1);
    int64_t clock_ = 0;
    std::vector<float> mixed_;
    bool isPaused_ = false;
    int awake_ = kPauseFrames;  // down to 0 in a pause, so that it begins and ends without a click

    static int64_t Frames(double seconds) { return std::llround(std::max(seconds, 0.0) * kRate); }
    std::string Scene() const { return stack_.empty() ? "" : stack_.back().scene; }
    Voice* Current() { return Find(current_); }

    Voice* Find(uint64_t id) {
        for (Voice& voice : voices_)
            if (id && voice.id == id) return &voice;
        return nullptr;
    }

    int Level(const std::string& scene) const {
        auto found = levels.find(scene);
        return found == levels.end() ? 0 : found->second;
    }

    void Tell(const std::string& text) {
        if (told_.insert(text).second && warn_) warn_("chipassets: " + text);
    }

    bool Load(const Track& track) {
        for (const std::string& file : track.files) {
            if (loaded_.count(file)) continue;
            auto pcm = std::make_shared<Pcm>();
            if (!load_(file, *pcm) || pcm->Frames() < track.samples) {
                Tell("cannot play " + file + ": it is missing, or no 16-bit WAV of its length");
                return false;
            }
            loaded_[file] = pcm;
        }
        return true;
    }

    static bool IsState(Value& state) {
        if (state["format"].number != 1 || !state["scenes"].isList) return false;
        if (!state.fields.count("intensity") || !state.fields.count("duck_db")) return false;
        std::vector<Value>& scenes = state["scenes"].items;
        return std::all_of(scenes.begin(), scenes.end(), [](Value& one) { return !one["scene"].text.empty(); });
    }

    // The scenes that have a track, in the order of the tracks.
    std::vector<std::string> Scenes() const {
        std::vector<std::string> scenes;
        for (const Track& track : tracks_)
            if (std::find(scenes.begin(), scenes.end(), track.scene) == scenes.end()) scenes.push_back(track.scene);
        return scenes;
    }

    // The scenes that have a track, and the tracks.
    std::vector<std::string> Names() const {
        std::vector<std::string> names = Scenes();
        for (const Track& one : tracks_) names.push_back(one.name);
        return names;
    }

    // Whether a word is one of these; logs a warning if it is not.
    bool Known(const std::string& what, const std::string& word, const std::vector<std::string>& words) {
        if (std::find(words.begin(), words.end(), word) != words.end()) return true;
        Tell("there is no " + what + " '" + word + "'; " + Meant(word, words));
        return false;
    }

    // A hint for an unknown name: the nearest of these, or the names that there are.
    static std::string Meant(const std::string& name, const std::vector<std::string>& names) {
        std::string best, all;
        size_t least = std::string::npos;
        for (const std::string& one : names) {
            all += (all.empty() ? "" : ", ") + one;
            size_t far = Distance(name, one);
            if (far < least) {
                least = far;
                best = one;
            }
        }
        return !names.empty() && 2 * least <= name.size() ? "did you mean '" + best + "'?" : "there are: " + all;
    }

    // The edit distance of two words: letters to change, insert or remove.
    static size_t Distance(const std::string& one, const std::string& other) {
        std::vector<size_t> row(other.size() + 1);
        for (size_t j = 0; j < row.size(); j++) row[j] = j;
        for (size_t i = 0; i < one.size(); i++) {
            size_t corner = row[0];
            row[0] = i + 1;
            for (size_t j = 0; j < other.size(); j++) {
                size_t changed = corner + (one[i] == other[j] ? 0 : 1);
                corner = row[j + 1];
                row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, changed});
            }
        }
        return row[other.size()];
    }

    void Ask(const Track* track, const std::string& scene, int64_t fade, bool isJump) {
        pending_ = {track, scene, clock_, fade, "crossfade", false, isJump, true};
    }

    void Keep(const std::string& scene, Value& place) {
        if (const Track* track = Named(place["track"].text))
            left_[scene] = {track, Wrap(*track, static_cast<int64_t>(std::max(place["sample"].number, 0.0)))};
    }

    void DuckNow(double byDb, double fade) {
        gameDuck_ = gameDuck_.Turn(clock_, Frames(fade), std::pow(10, -std::max(byDb, 0.0) / 20));
    }

    void Plan(const std::string& before, const Manner& manner) {
        std::string scene = Scene();
        const Track* track = ForScene(scene, stack_.back().moods);
        if (!track) return Tell("no track serves the scene '" + scene + "', the music stays; " + Meant(scene, Scenes()));
        if (!Load(*track)) return;
        // Until the jump of Restore() is made, what sounds is not what was saved.
        bool isJump = pending_.isAsked && pending_.isJump;
        pending_ = {};
        Voice* current = Current();
        if (current && current->track == track && !isJump) {
            current->scene = scene;
            return;
        }
        Rule rule{"*", "*", "now", 0, "cut"};
        for (const Rule& row : rules) {
            if ((row.from != "*" && row.from != before) || (row.to != "*" && row.to != scene)) continue;
            rule = row;
            break;
        }
        bool keepsPlace = !isJump && current && SharesBars(*track, *current->track);
        bool hasHow = !manner.how.empty() && Known("how", manner.how, {"crossfade", "fade", "cut"});
        std::string how = hasHow ? manner.how : rule.how;
        double fade = how == "cut" ? 0 : manner.fade >= 0 ? manner.fade : rule.fade;
        if (keepsPlace && how == "fade") how = "crossfade";
        int64_t at = LineTime(manner.when.empty() ? rule.when : manner.when);
        pending_ = {track, scene, at, Frames(fade), how, keepsPlace, isJump, true};
    }

    void Update() {
        if (pending_.isAsked && clock_ >= pending_.at) {
            Change change = pending_;
            pending_ = {};
            if (change.how == "fade" && Current() && change.track) {
                Ask(change.track, change.scene, change.fade, change.isJump);
                pending_.at = clock_ + change.fade;
                change.track = nullptr;
            }
            Take(change);
        }
        if (waiting_.track && clock_ >= waiting_.at) StartSting();
        else if (sting_.track && clock_ >= sting_.at) FinishSting();
        auto isOver = [&](const Voice& voice) { return voice.fade.last == 0 && clock_ >= voice.fade.at + voice.fade.length; };
        voices_.erase(std::remove_if(voices_.begin(), voices_.end(), isOver), voices_.end());
    }

    bool IsKept(const std::string& scene) const {
        return std::any_of(stack_.begin(), stack_.end(), [&](const Entry& one) { return one.scene == scene; });
    }

    void Take(const Change& change) {
        int64_t start = -1;
        if (Voice* old = Current()) {
            if (IsKept(old->scene) && old->scene != change.scene) left_[old->scene] = {old->track, old->Sample(clock_ + change.fade)};
            if (change.keepsPlace && change.track) start = SamePlace(*change.track, *old->track, old->Sample(clock_));
            old->fade = old->fade.Turn(clock_, change.fade, 0);
        }
        current_ = 0;
        if (change.track && start < 0) start = PlaceToGoOn(change);
        // Scenes that left the stack start from the beginning when they are entered again.
        for (auto one = left_.begin(); one != left_.end();) one = IsKept(one->first) ? std::next(one) : left_.erase(one);
        if (!change.track) return;
        left_.erase(change.scene);
        if (!change.track->loops && start >= change.track->samples) start = 0;
        bool isSilent = std::all_of(voices_.begin(), voices_.end(), [&](const Voice& one) { return one.fade.Point(clock_) == 0; });
        current_ = Begin(change.track, change.scene, start, isSilent && start == 0 ? 0 : change.fade, false);
    }

    // Its present position if it still fades out, else where it was left.
    int64_t PlaceToGoOn(const Change& change) {
        auto fades = [&](const Voice& one) {
            return one.track == change.track && !one.isSting && one.fade.Point(clock_) > 0;
        };
        auto last = std::find_if(voices_.rbegin(), voices_.rend(), fades);
        if (!change.isJump && last != voices_.rend()) return last->Sample(clock_);
        auto found = left_.find(change.scene);
        return found != left_.end() && found->second.first == change.track ? found->second.second : 0;
    }

    uint64_t Begin(const Track* track, const std::string& scene, int64_t sample, int64_t fade, bool isSting) {
        Voice voice{track, scene, {}, clock_, sample, {fade == 0 ? 1.0 : 0.0, 1, clock_, fade}, isSting, ++made_};
        for (const std::string& file : track->files) voice.layers.push_back(loaded_[file]);
        voices_.push_back(voice);
        if (onStart) onStart(track->name, sample, clock_);
        return made_;
    }

    void StartSting() {
        if (Voice* old = Find(sting_.id)) old->fade = old->fade.Turn(clock_, Frames(0.06), 0);
        sting_ = waiting_;
        waiting_ = {};
        sting_.id = Begin(sting_.track, "", 0, 0, true);
        sting_.at = clock_ + sting_.track->samples;
        stingDuck_ = stingDuck_.Turn(clock_, Frames(0.08), kStingDuck);
    }

    void EndSting() {
        waiting_ = {};
        FinishSting();
    }

    // The fade of the intensity at a time: one that waits for its line leaves the one before it alone.
    const Fade& LevelAt(int64_t now) const { return now >= nextLevel_.at ? nextLevel_ : level_; }

    // End the sting that sounds; another one may wait for its line.
    void FinishSting() {
        if (!sting_.track) return;
        if (Voice* voice = Find(sting_.id)) voice->fade = voice->fade.Turn(clock_, Frames(0.06), 0);
        sting_ = {};
        stingDuck_ = stingDuck_.Turn(clock_, Frames(0.5), 1);
    }

    double Gain(const Voice& voice, int layer, int64_t now) const {
        double gain = volume * std::sin(voice.fade.Point(now) * kQuarter);
        if (voice.isSting) return gain * stingVolume;
        gain *= musicVolume * std::min(gameDuck_.Point(now), stingDuck_.Point(now));
        return gain * Share(LevelAt(now).Point(now), layer, static_cast<int>(voice.layers.size()));
    }

    void Mix(int16_t* out, int frames) {
        mixed_.assign(static_cast<size_t>(frames) * 2, 0.0f);
        for (const Voice& voice : voices_)
            for (size_t layer = 0; layer < voice.layers.size(); layer++) {
                const Pcm& pcm = *voice.layers[layer];
                double from = Gain(voice, static_cast<int>(layer), clock_);
                double step = (Gain(voice, static_cast<int>(layer), clock_ + frames) - from) / frames;
                if (from == 0 && step == 0) continue;
                int64_t sample = voice.Sample(clock_);
                for (int i = 0; i < frames && sample < voice.track->samples; i++) {
                    float gain = static_cast<float>(from + step * i);
                    mixed_[2 * i] += gain * pcm.At(sample, 0);
                    mixed_[2 * i + 1] += gain * pcm.At(sample, 1);
                    if (++sample == voice.track->samples && voice.track->loops) sample = voice.track->loopStart;
                }
            }
        for (size_t i = 0; i < mixed_.size(); i++)
            out[i] = static_cast<int16_t>(std::lrint(std::clamp(mixed_[i], -1.0f, 1.0f) * 32767.0f));
    }

    void FadeForPause(int16_t* out, int frames) {
        for (int i = 0; i < frames && (isPaused_ || awake_ < kPauseFrames); i++) {
            awake_ = std::clamp(awake_ + (isPaused_ ? -1 : 1), 0, kPauseFrames);
            for (int side = 0; side < 2; side++) out[2 * i + side] = static_cast<int16_t>(out[2 * i + side] * awake_ / kPauseFrames);
        }
    }

    const Track* ForScene(const std::string& scene, const std::vector<std::string>& moods) const {
        const Track* best = nullptr;
        int bestPoints = 0;
        for (const Track& track : tracks_) {
            if (track.scene != scene) continue;
            int shared = 0;
            for (const std::string& mood : moods)
                shared += static_cast<int>(std::count(track.moods.begin(), track.moods.end(), mood));
            int points = moods.empty() ? 0 : shared * 100 - (static_cast<int>(track.moods.size()) - shared);
            if (best && points <= bestPoints) continue;
            best = &track;
            bestPoints = points;
        }
        return best;
    }

    const Track* StingTrack(const std::string& name) {
        if (const Track* named = Named(name)) return named;
        if (Voice* current = Current())
            for (const Track& track : tracks_)
                if (track.match == current->track->name && track.scene == name) return &track;
        return ForScene(name, {});
    }

    const Track* Named(const std::string& name) const {
        for (const Track& track : tracks_)
            if (track.name == name) return &track;
        return nullptr;
    }

    int64_t LineTime(const std::string& when) {
        Voice* current = Current();
        if (!Known("when", when, {"now", "beat", "bar", "section"})) return clock_;
        return clock_ + (current ? ToLine(*current->track, current->Sample(clock_), when) : 0);
    }

    std::string PlaceJson(const std::string& scene) {
        Voice* current = Current();
        auto found = left_.find(scene);
        if (current && current->scene == scene)
            return "\"track\": " + Quoted(current->track->name) + ", \"sample\": " + std::to_string(current->Sample(clock_));
        if (found != left_.end())
            return "\"track\": " + Quoted(found->second.first->name) + ", \"sample\": " + std::to_string(found->second.second);
        return "\"track\": null, \"sample\": 0";
    }

    static std::string Quoted(const std::string& text) {
        std::string quoted = "\"";
        for (char one : text) {
            char code[8];
            if (one == '"' || one == '\\') quoted += '\\';
            if (static_cast<unsigned char>(one) < ' ') {
                std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(one)));
                quoted += code;
            } else {
                quoted += one;
            }
        }
        return quoted + '"';
    }

    static void Skip(const char*& at) {
        while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') at++;
    }

    static bool ReadText(const char*& at, std::string& text) {
        if (*at++ != '"') return false;
        for (; *at && *at != '"'; at++) {
            if (*at != '\\') {
                text += *at;
                continue;
            }
            at++;
            static const char kNames[] = "\"\\/bfnrt";
            static const char kMeant[] = "\"\\/\b\f\n\r\t";
            if (const char* found = *at ? std::strchr(kNames, *at) : nullptr) {
                text += kMeant[found - kNames];
                continue;
            }
            unsigned code = 0;
            if (*at != 'u' || std::sscanf(at + 1, "%4x", &code) != 1 || std::strlen(at) < 5) return false;
            at += 4;
            if (code < 0x80) text += static_cast<char>(code);
            else if (code < 0x800) text += {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 63))};
            else
                text += {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 63)),
                         static_cast<char>(0x80 | (code & 63))};
        }
        return *at++ == '"';
    }

    static bool Read(const char*& at, Value& value, int depth) {
        Skip(at);
        if (depth > 8) return false;
        if (*at == '"') return ReadText(at, value.text);
        if (*at == '{' || *at == '[') {
            char end = *at == '{' ? '}' : ']';
            value.isList = *at++ == '[';
            Skip(at);
            while (*at != end) {
                std::string key;
                if (!value.isList) {
                    if (!ReadText(at, key)) return false;
                    Skip(at);
                    if (*at++ != ':') return false;
                }
                Value item;
                if (!Read(at, item, depth + 1)) return false;
                if (value.isList) value.items.push_back(item);
                else value.fields[key] = item;
                Skip(at);
                if (*at == ',') at++;
                else if (*at != end) return false;
                Skip(at);
            }
            at++;
            return true;
        }
        for (const char* word : {"null", "true", "false"})
            if (std::strncmp(at, word, std::strlen(word)) == 0) {
                at += std::strlen(word);
                return true;
            }
        char* end = nullptr;
        value.number = std::strtod(at, &end);
        bool isNumber = end != at && std::isfinite(value.number);
        at = end;
        return isNumber;
    }
};

}  // namespace chipassets
