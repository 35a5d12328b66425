#include "ChipassetsMusic.h"

#include "ChipassetsCore.h"
#include "ChipassetsTracks.h"
#include "Components/AudioComponent.h"
#include "Interfaces/IPluginManager.h"
#include "Kismet/GameplayStatics.h"
#include "Misc/FileHelper.h"
#include "Misc/Paths.h"
#include "Modules/ModuleManager.h"
#include "Sound/SoundWaveProcedural.h"

DEFINE_LOG_CATEGORY_STATIC(LogChipassets, Log, All);
IMPLEMENT_MODULE(FDefaultModuleImpl, Chipassets)

namespace
{
std::string Plain(const FString& Text)
{
	return TCHAR_TO_UTF8(*Text);
}

FString Wide(const std::string& Text)
{
	return UTF8_TO_TCHAR(Text.c_str());
}

std::string Word(EMusicWhen When)
{
	static const char* Words[] = {"", "now", "beat", "bar", "section"};
	return Words[static_cast<int32>(When)];
}

std::string Word(EMusicHow How)
{
	static const char* Words[] = {"", "crossfade", "fade", "cut"};
	return Words[static_cast<int32>(How)];
}

std::vector<std::string> Plain(const TArray<FString>& Texts)
{
	std::vector<std::string> Plains;
	for (const FString& Text : Texts)
	{
		Plains.push_back(Plain(Text));
	}
	return Plains;
}
}

void UChipassetsMusic::Initialize(FSubsystemCollectionBase& Collection)
{
	Super::Initialize(Collection);
	const FString Folder = FPaths::Combine(IPluginManager::Get().FindPlugin(TEXT("Chipassets"))->GetBaseDir(), TEXT("Music"));
	auto Load = [Folder](const std::string& File, chipassets::Pcm& Pcm)
	{
		TArray<uint8> Bytes;
		return FFileHelper::LoadFileToArray(Bytes, *FPaths::Combine(Folder, Wide(File)))
			&& chipassets::ReadWav(Bytes.GetData(), static_cast<size_t>(Bytes.Num()), Pcm);
	};
	auto Warn = [](const std::string& Text) { UE_LOG(LogChipassets, Warning, TEXT("%s"), *Wide(Text)); };
	Core = MakeShared<chipassets::Music>(chipassets::Tracks(), Load, Warn);
}

void UChipassetsMusic::Deinitialize()
{
	if (Wave)
	{
		Wave->OnSoundWaveProceduralUnderflow.Unbind();
	}
	if (Sound)
	{
		Sound->Stop();
	}
	Super::Deinitialize();
}

// One wave without end, which asks for the samples that it lacks: it begins with the first scene,
// because there is no world yet where a subsystem is made.
void UChipassetsMusic::Begin()
{
	if (Sound)
	{
		return;
	}
	Wave = NewObject<USoundWaveProcedural>(this);
	Wave->SetSampleRate(chipassets::kRate);
	Wave->NumChannels = 2;
	Wave->Duration = INDEFINITELY_LOOPING_DURATION;
	Wave->SoundGroup = SOUNDGROUP_Music;
	Wave->bLooping = false;
	Wave->OnSoundWaveProceduralUnderflow = FOnSoundWaveProceduralUnderflow::CreateUObject(this, &UChipassetsMusic::Give);
	Sound = UGameplayStatics::CreateSound2D(this, Wave, 1.0f, 1.0f, 0.0f, nullptr, true, false);
	if (Sound)
	{
		Sound->bIsUISound = true; // a paused game pauses its sounds: the music goes on
		Sound->Play();
	}
}

// Called by the audio thread.
void UChipassetsMusic::Give(USoundWaveProcedural* Asking, int32 Samples)
{
	const int32 Frames = (Samples + 1) / 2;
	Buffer.SetNumUninitialized(Frames * 2 * static_cast<int32>(sizeof(int16)));
	Core->Render(reinterpret_cast<int16*>(Buffer.GetData()), Frames);
	Asking->QueueAudio(Buffer.GetData(), Buffer.Num());
}

void UChipassetsMusic::Enter(const FString& Scene)
{
	EnterWith(Scene, EMusicWhen::AsRuled, -1.0f, EMusicHow::AsRuled, {});
}

void UChipassetsMusic::EnterWith(const FString& Scene, EMusicWhen When, float Fade, EMusicHow How, const TArray<FString>& Moods)
{
	Core->Enter(Plain(Scene), {Word(When), Fade, Word(How), Plain(Moods)});
	Begin();
}

void UChipassetsMusic::Leave(EMusicWhen When, float Fade)
{
	Core->Leave({Word(When), Fade, "", {}});
}

void UChipassetsMusic::LeaveWith(EMusicWhen When, float Fade, EMusicHow How)
{
	Core->Leave({Word(When), Fade, Word(How), {}});
}

void UChipassetsMusic::Intensity(float Level, float Fade, EMusicWhen When)
{
	Core->Intensity(Level, Fade, When == EMusicWhen::AsRuled ? "now" : Word(When));
}

void UChipassetsMusic::Sting(const FString& Name, EMusicWhen When, int32 Priority)
{
	Core->Sting(Plain(Name), When == EMusicWhen::AsRuled ? "now" : Word(When), Priority);
	Begin();
}

void UChipassetsMusic::Duck(float ByDb, float Fade)
{
	Core->Duck(ByDb, Fade);
}

void UChipassetsMusic::Pause()
{
	Core->Pause();
}

void UChipassetsMusic::Resume()
{
	Core->Resume();
}

void UChipassetsMusic::Stop(float Fade)
{
	Core->Stop(Fade);
}

void UChipassetsMusic::Preload(const TArray<FString>& Scenes)
{
	Core->Preload(Plain(Scenes));
}

void UChipassetsMusic::SetVolume(float Everything, float Music, float Stings)
{
	Core->volume = Everything;
	Core->musicVolume = Music;
	Core->stingVolume = Stings;
}

FString UChipassetsMusic::Playing() const
{
	return Wide(Core->Playing().first);
}

FString UChipassetsMusic::State() const
{
	return Wide(Core->State());
}

bool UChipassetsMusic::Restore(const FString& Json, float Fade)
{
	const bool bIsState = Core->Restore(Plain(Json), Fade);
	Begin();
	return bIsState;
}
