// Plays the calls of scenario.py on the plug-in's subsystem, as Unreal would ask it for samples.
#include "ChipassetsMusic.h"
#include "ChipassetsCore.h"

#include <cstdlib>
#include <deque>
#include <regex>
#include <sstream>

static EMusicWhen When(const std::string& Word)
{
	for (const auto& [Name, Value] : {std::pair{"now", EMusicWhen::Now}, {"beat", EMusicWhen::Beat}, {"bar", EMusicWhen::Bar}, {"section", EMusicWhen::Section}})
		if (Word == Name) return Value;
	return EMusicWhen::AsRuled;
}

static EMusicHow How(const std::string& Word)
{
	return Word == "fade" ? EMusicHow::Fade : Word == "cut" ? EMusicHow::Cut : Word == "crossfade" ? EMusicHow::Crossfade : EMusicHow::AsRuled;
}

static float Number(const std::string& Word, float Otherwise)
{
	return Word.empty() ? Otherwise : std::strtof(Word.c_str(), nullptr);
}

int main(int, char** Files)
{
	std::deque<std::vector<std::string>> Script;
	std::ifstream Calls(Files[1]);
	for (std::string Line; std::getline(Calls, Line);)
	{
		std::vector<std::string> Words;
		std::istringstream Row(Line + "\t");
		for (std::string Word; std::getline(Row, Word, '\t');) Words.push_back(Word);
		Script.push_back(Words);
	}
	static const int32 Frames = 512;
	int64_t Lost = 0; // buffers of the game's clock that the music did not see: stalls and pauses
	std::ofstream Heard(Files[2], std::ios::binary);
	FSubsystemCollectionBase Collection;
	UChipassetsMusic Music;
	Music.Initialize(Collection);
	auto Wide = [](const std::string& Word) { return FString(Widen(Word.c_str()).c_str()); };
	TArray<FString> Wanted;
	for (const char* Name : {"title", "victory", "battel"}) Wanted.Held.push_back(Wide(Name));
	Music.Preload(Wanted);
	Music.GetCore()->onStart = [&Lost](const std::string& Name, int64_t Sample, int64_t At) {
		std::printf("start\t%s.ogg\t%lld\t%.6f\n", Name.c_str(), static_cast<long long>(Sample), (At + Lost * Frames) / 44100.0);
	};
	FString Saved;
	int Stalls = 0;
	bool bPaused = false;
	for (int Buffers = 0; !Script.empty(); ++Buffers)
	{
		const bool bStalls = Stalls > 0; // a card that stalls has asked for this buffer already
		while (!Script.empty() && std::strtod(Script.front()[0].c_str(), nullptr) * 44100 <= Buffers * Frames)
		{
			std::vector<std::string> Row = Script.front();
			Script.pop_front();
			Row.resize(7);
			if (Row[1] == "enter")
			{
				TArray<FString> Moods;
				if (!Row[6].empty()) Moods.Held.push_back(Wide(Row[6]));
				Music.EnterWith(Wide(Row[2]), When(Row[3]), Number(Row[4], -1), How(Row[5]), Moods);
			}
			if (Row[1] == "leave") Music.LeaveWith(When(Row[2]), Number(Row[3], -1), How(Row[4]));
			if (Row[1] == "sting") Music.Sting(Wide(Row[2]), When(Row[3]), std::atoi(Row[4].c_str()));
			if (Row[1] == "intensity") Music.Intensity(Number(Row[2], 1), Number(Row[3], 0), When(Row[4]));
			if (Row[1] == "duck") Music.Duck(Number(Row[2], 12), Number(Row[3], 0));
			if (Row[1] == "stop") Music.Stop(Number(Row[2], 0));
			if (Row[1] == "stall") Stalls = static_cast<int>(std::lround(std::atof(Row[2].c_str()) * 44100 / Frames));
			if (Row[1] == "pause") Music.Pause(), bPaused = true;
			if (Row[1] == "resume") Music.Resume(), bPaused = false;
			if (Row[1] == "save") std::printf("state\t%s\n", Narrow(*(Saved = Music.State())).c_str());
			if (Row[1] == "restore") std::printf("restored\t%s\n", Music.Restore(Saved) ? "true" : "false");
			if (Row[1] == "refuse") std::printf("restored\t%s\n", Music.Restore(Wide(Row[2])) ? "true" : "false");
			if (Row[1] == "slip") Music.Enter(Wide(Row[2]));
			if (Row[1] == "playing")
			{
				std::string Name = Narrow(*Music.Playing());
				std::printf("playing\t%s\n", Name.empty() ? "-" : Name.c_str());
			}
			if (Row[1] == "worn")
			{
				std::string Worn = std::regex_replace(Narrow(*Saved), std::regex("\"sample\": [0-9]+"), "\"sample\": 400000000");
				std::printf("restored\t%s\n", Music.Restore(Wide(Worn)) ? "true" : "false");
			}
		}
		Lost += bStalls || bPaused;
		if (bStalls && Stalls--) continue; // nothing is asked for
		auto* Wave = static_cast<USoundWaveProcedural*>(UGameplayStatics::Made->Sound);
		if (!UGameplayStatics::Made->bPlays || Wave->Rate != 44100 || Wave->NumChannels != 2) return 3;
		Wave->OnSoundWaveProceduralUnderflow.Call(Wave, Frames * 2);
		if (Wave->Queued.size() != Frames * 4) return 4;
		Heard.write(reinterpret_cast<const char*>(Wave->Queued.data()), Frames * 4);
		Wave->Queued.clear();
	}
	Music.Deinitialize();
	return UGameplayStatics::Made->bPlays ? 5 : 0;
}
